import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ChargeRequest } from "../../../services/payment/processors/processor.ts";
import {
  createStripe,
  type StripeProcessor,
} from "../../../services/payment/processors/stripe/stripe.ts";
import { type StripeApi, useStripeApi } from "../stripe/api.ts";
import { secretKey } from "../stripe/api-answers.ts";
import { webhookSecret } from "../stripe/events.ts";

/** Gives the calling suite the Stripe processor, and the fake API that it calls. */
export function useStripe(): { api: StripeApi; stripe: StripeProcessor } {
  const api = useStripeApi();
  const used = { api } as { api: StripeApi; stripe: StripeProcessor };
  before(() => {
    used.stripe = createStripe({
      secretKey,
      webhookSecret,
      apiUrl: api.url,
    });
  });
  return used;
}

/** A charge that succeeds unless overridden. */
export const aCharge = (more: Partial<ChargeRequest> = {}): ChargeRequest => ({
  key: randomUUID(),
  paymentId: randomUUID(),
  amount: 1_299n,
  currency: "EUR",
  token: "pm_card_visa",
  ...more,
});

/** Asserts the error's type and message, and that it contains neither a key nor a card number. */
export async function rejects(
  work: Promise<unknown>,
  type: new (...args: never[]) => Error,
  expected: RegExp,
): Promise<void> {
  await assert.rejects(work, (error: Error) => {
    assert.ok(error instanceof type, `${error}`);
    assert.match(error.message, expected);
    assertSilent(error);
    return true;
  });
}

/** Asserts that the logged parts of an error contain no secret and no card number. */
export function assertSilent(error: Error): void {
  const all = [
    error.stack,
    JSON.stringify({ ...error, message: error.message }),
    String((error as { cause?: unknown }).cause ?? ""),
  ].join("\n");
  assert.doesNotMatch(all, /sk_test_\w|whsec_\w|\d{12,19}/);
}
