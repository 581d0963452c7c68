import type {
  ChargeOutcome,
  Processor,
  RefundOutcome,
} from "../processors/processor.ts";
import type { Attempt } from "./attempts.ts";
import type { Payment, Refund } from "./payment.ts";
import { isFinal } from "./settle.ts";

/** An attempt and what it is about. */
export interface Work {
  attempt: Attempt;
  payment: Payment;
  /** With an attempt to refund. */
  refund?: Refund | undefined;
}

export interface AskTimes {
  /** Seconds that somebody may take over an action; after that the payment is canceled. @default 3600 */
  action: number;
  /**
   * Seconds for which the processor surely knows a key. After that it is first asked whether it has heard of the key.
   * Stripe keeps keys for 24 hours at least: https://docs.stripe.com/api/idempotent_requests @default 72000
   */
  keys: number;
}

export const askTimes: AskTimes = { action: 3600, keys: 20 * 3600 };

const secondsSince = (time: Date) => (Date.now() - time.getTime()) / 1000;

/**
 * Asks the processor to charge, or what became of that. Asking again is asking for the same: a card is charged once at most.
 * @throws ProcessorUnavailable
 */
export async function askCharge(
  processor: Processor,
  { attempt, payment }: Work,
  times: AskTimes,
): Promise<ChargeOutcome | undefined> {
  if (isFinal(payment)) return undefined;
  const { reference } = payment;
  if (attempt.kind === "cancel")
    return reference === null
      ? undefined
      : processor.cancel(reference, attempt.id);
  const old = secondsSince(attempt.createdAt) > times.keys;
  if (reference !== null || old) {
    const found = await processor.find(attempt.id, reference ?? undefined);
    if (found?.status === "requires_action" && reference !== null)
      return secondsSince(attempt.createdAt) > times.action
        ? processor.cancel(reference, `${attempt.id}:expired`)
        : found;
    if (found) return found;
  }
  return processor.charge({
    key: attempt.id,
    paymentId: payment.id,
    amount: payment.amount,
    currency: payment.currency,
    token: payment.token,
    keep: payment.purpose === "subscription",
    ...(payment.returnUrl !== null && { returnUrl: payment.returnUrl }),
  });
}

/** As askCharge, for giving back. @throws ProcessorUnavailable */
export async function askRefund(
  processor: Processor,
  { attempt, payment, refund }: Work,
  times: AskTimes,
): Promise<RefundOutcome | undefined> {
  if (refund?.status !== "pending" || payment.reference === null)
    return undefined;
  const old = secondsSince(attempt.createdAt) > times.keys;
  if (refund.reference !== null || old) {
    const found = await processor.findRefund(
      attempt.id,
      refund.reference ?? undefined,
    );
    if (found) return found;
  }
  return processor.refund({
    key: attempt.id,
    reference: payment.reference,
    amount: refund.amount,
    currency: payment.currency,
  });
}
