import type {
  ChargeOutcome,
  Processor,
  RefundOutcome,
} from "../processors/processor.ts";
import type { Payment, Refund } from "./payment.ts";
import type { Attempt } from "./processor-requests.ts";
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
 * @throws ProcessorUnavailable; Error if it does not know any more what it had a reference for
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
    if (reference !== null) throw unknown(processor, reference);
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

/** As askCharge, for giving back. One that succeeded is only looked at: it may fail after that. */
export async function askRefund(
  processor: Processor,
  { attempt, payment, refund }: Work,
  times: AskTimes,
): Promise<RefundOutcome | undefined> {
  if (!refund || refund.status === "failed" || payment.reference === null)
    return undefined;
  const old = secondsSince(attempt.createdAt) > times.keys;
  if (refund.reference !== null || old) {
    const found = await processor.findRefund(
      attempt.id,
      refund.reference ?? undefined,
    );
    if (found) return found;
    if (refund.reference !== null) throw unknown(processor, refund.reference);
  }
  return processor.refund({
    key: attempt.id,
    reference: payment.reference,
    amount: refund.amount,
    currency: payment.currency,
  });
}

/** To ask for it once more, then, would be to do it twice. */
const unknown = ({ name }: Processor, reference: string) =>
  new Error(
    `${name} does not know ${reference} any more, so nothing more is asked of it: does this service use the account that it used before?`,
  );
