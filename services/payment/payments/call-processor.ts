import type {
  ChargeOutcome,
  Processor,
  RefundOutcome,
} from "../processors/processor.ts";
import type { PendingOperation } from "./pending-operation.ts";
import { isFinal } from "./settle.ts";

export interface ProcessorCallTimes {
  /** Time limit for the customer's action, such as 3-D Secure; after that the payment is canceled. @default 3600 */
  actionSeconds: number;
  /**
   * For how long the processor is certain to remember a key. Older requests are looked up before they are repeated.
   * Stripe keeps keys for at least 24 hours: https://docs.stripe.com/api/idempotent_requests @default 72000
   */
  keySeconds: number;
}

export const processorCallTimes: ProcessorCallTimes = {
  actionSeconds: 3600,
  keySeconds: 20 * 3600,
};

const secondsSince = (time: Date) => (Date.now() - time.getTime()) / 1000;

/**
 * Makes the processor charge or cancel, or looks up the outcome of an earlier call. The request's id is the idempotency
 * key, so repeating a call never charges twice.
 * @returns undefined if the payment needs no call any more
 * @throws ProcessorUnavailableError; Error if the processor no longer knows the charge's reference
 */
export async function executeRequest(
  processor: Processor,
  { request, payment }: PendingOperation,
  times: ProcessorCallTimes,
): Promise<ChargeOutcome | undefined> {
  if (isFinal(payment)) return undefined;
  const { reference } = payment;
  if (request.kind === "cancel")
    return reference === null
      ? undefined
      : processor.cancel(reference, request.id);
  const ageSeconds = secondsSince(request.createdAt);
  if (reference !== null || ageSeconds > times.keySeconds) {
    const found = await processor.find(request.id, reference ?? undefined);
    if (found?.status === "requires_action" && reference !== null)
      return ageSeconds > times.actionSeconds
        ? processor.cancel(reference, `${request.id}:expired`)
        : found;
    if (found) return found;
    if (reference !== null) throw unknownReference(processor, reference);
  }
  return processor.charge({
    key: request.id,
    paymentId: payment.id,
    amount: payment.amount,
    currency: payment.currency,
    token: payment.token,
    reusable: payment.purpose === "subscription",
    ...(payment.returnUrl !== null && { returnUrl: payment.returnUrl }),
  });
}

/**
 * Like executeRequest, for a refund. A refund that succeeded is only looked up, because it may still fail at the card's
 * bank.
 */
export async function requestRefund(
  processor: Processor,
  { request, payment, refund }: PendingOperation,
  times: ProcessorCallTimes,
): Promise<RefundOutcome | undefined> {
  if (!refund || refund.status === "failed" || payment.reference === null)
    return undefined;
  const old = secondsSince(request.createdAt) > times.keySeconds;
  if (refund.reference !== null || old) {
    const found = await processor.findRefund(
      request.id,
      refund.reference ?? undefined,
    );
    if (found) return found;
    if (refund.reference !== null)
      throw unknownReference(processor, refund.reference);
  }
  return processor.refund({
    key: request.id,
    reference: payment.reference,
    amount: refund.amount,
    currency: payment.currency,
  });
}

/** Repeating the request here would charge or refund twice. */
const unknownReference = ({ name }: Processor, reference: string) =>
  new Error(
    `${name} no longer knows ${reference}, so the request is not repeated. Check that this service still uses the same ${name} account.`,
  );
