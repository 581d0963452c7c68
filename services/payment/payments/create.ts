import type { Queries } from "@marquee/service-kit";
import type { Processor } from "../processors/processor.ts";
import { uuidv7 } from "../uuid.ts";
import { InvalidStateError, type Payment } from "./payment.ts";
import { addPayment, type NewPayment } from "./payment-repository.ts";
import type { PendingOperation } from "./pending-operation.ts";
import { addRequest } from "./processor-requests.ts";
import { addRefund, type NewRefund } from "./refunds.ts";
import { type OnChange, settle } from "./settle.ts";

// These functions store what the processor is to be asked, in the caller's transaction. None of them calls it.

export interface NewProcessorRequest {
  id: string;
  /** How long the caller has to call the processor. 0: any replica may claim the request at once. */
  leaseSeconds: number;
}

/** Stores a new payment, and the request to charge it. */
export async function startPayment(
  tx: Queries,
  processor: Pick<Processor, "name">,
  newPayment: NewPayment,
  request: NewProcessorRequest,
): Promise<PendingOperation> {
  const payment = await addPayment(
    tx,
    processor.name,
    "processing",
    newPayment,
  );
  return { payment, request: await addCharge(tx, payment, request) };
}

/**
 * Stores the request to charge a payment that waited for confirmation. The caller has locked it. @throws
 * InvalidStateError
 */
export async function startConfirmation(
  tx: Queries,
  processor: Pick<Processor, "name">,
  payment: Payment,
  request: NewProcessorRequest,
): Promise<PendingOperation> {
  if (payment.status !== "requires_confirmation")
    throw new InvalidStateError(
      `The payment is ${payment.status}: only a payment that is requires_confirmation can be confirmed.`,
    );
  // The processor was not called yet, but its token means nothing to another one.
  if (payment.processor !== processor.name)
    throw new InvalidStateError(
      `The payment was created for ${payment.processor}, and cards are now charged by ${processor.name}: cancel it with POST /payments/${payment.id}/cancel, and create a new one.`,
    );
  await tx.query("UPDATE payments SET status = 'processing' WHERE id = $1", [
    payment.id,
  ]);
  return {
    payment: { ...payment, status: "processing" },
    request: await addCharge(tx, payment, request),
  };
}

/**
 * Cancels a payment. The caller has locked it.
 * @returns the canceled payment if the processor need not be called; otherwise the stored request
 * @throws InvalidStateError if the card was charged or is being charged, or the payment belongs to another processor
 */
export async function startCancellation(
  tx: Queries,
  processor: Pick<Processor, "name">,
  payment: Payment,
  { id, leaseSeconds }: NewProcessorRequest,
  onChange: OnChange,
): Promise<Payment | PendingOperation> {
  if (payment.status === "requires_confirmation")
    return settle(tx, payment, { status: "canceled" }, onChange);
  if (payment.status !== "requires_action")
    throw new InvalidStateError(
      `The payment is ${payment.status}: only a payment that is requires_confirmation or requires_action can be canceled.`,
    );
  assertSameProcessor(processor, payment);
  const cancel = { id, kind: "cancel" as const, paymentId: payment.id };
  return { payment, request: await addRequest(tx, cancel, leaseSeconds) };
}

/**
 * Stores a refund, and the request for it. The caller has locked the payment.
 * @throws InvalidStateError, RefundTooLargeError
 */
export async function startRefund(
  tx: Queries,
  processor: { name: string },
  payment: Payment,
  newRefund: Omit<NewRefund, "id">,
  { id, leaseSeconds }: NewProcessorRequest,
): Promise<PendingOperation> {
  assertSameProcessor(processor, payment);
  const refund = await addRefund(tx, payment, { ...newRefund, id: uuidv7() });
  const request = await addRequest(
    tx,
    { id, kind: "refund", paymentId: payment.id, refundId: refund.id },
    leaseSeconds,
  );
  return { payment, refund, request };
}

const addCharge = (
  tx: Queries,
  { id: paymentId }: Payment,
  { id, leaseSeconds }: NewProcessorRequest,
) => addRequest(tx, { id, kind: "charge", paymentId }, leaseSeconds);

/** Only the processor that charged a card can cancel or refund the charge. @throws InvalidStateError */
function assertSameProcessor(
  { name }: { name: string },
  { processor }: Payment,
): void {
  if (processor !== name)
    throw new InvalidStateError(
      `The payment was charged by ${processor}, and this service now uses ${name}: run it with PROCESSOR=${processor} to change this payment.`,
    );
}
