import type { Queries } from "@marquee/service-kit";
import type { Processor } from "../processors/processor.ts";
import { uuidv7 } from "../uuidv7.ts";
import type { Work } from "./call-processor.ts";
import { NotNow, type Payment } from "./payment.ts";
import { addPayment, type NewPayment } from "./payment-repository.ts";
import { addAttempt } from "./processor-requests.ts";
import { addRefund, type NewRefund } from "./refunds.ts";
import { type OnChange, settle } from "./settle.ts";

/** What an attempt needs besides: its id, and the seconds that who begins it has to work at it. */
export interface NewAttempt {
  id: string;
  /** 0: whoever comes first takes it up. */
  lease: number;
}

/** A payment whose card is about to be charged, in the caller's transaction. */
export async function beginPayment(
  tx: Queries,
  processor: Pick<Processor, "name">,
  newPayment: NewPayment,
  { id, lease }: NewAttempt,
): Promise<Work> {
  const payment = await addPayment(
    tx,
    processor.name,
    "processing",
    newPayment,
  );
  const charge = { id, kind: "charge" as const, paymentId: payment.id };
  return { payment, attempt: await addAttempt(tx, charge, lease) };
}

/** A payment that was waiting for this is about to be charged. It is locked by the caller's transaction. @throws NotNow */
export async function beginConfirmed(
  tx: Queries,
  processor: Pick<Processor, "name">,
  payment: Payment,
  { id, lease }: NewAttempt,
): Promise<Work> {
  if (payment.status !== "requires_confirmation")
    throw new NotNow(
      `The payment is ${payment.status}: only one that is requires_confirmation can be confirmed.`,
    );
  // Nothing was asked of its own yet; but another one does not know its card.
  if (payment.processor !== processor.name)
    throw new NotNow(
      `The payment was agreed on with ${payment.processor}, and cards are charged by ${processor.name} now: cancel it with POST /payments/${payment.id}/cancel, and agree on another one.`,
    );
  await tx.query("UPDATE payments SET status = 'processing' WHERE id = $1", [
    payment.id,
  ]);
  const charge = { id, kind: "charge" as const, paymentId: payment.id };
  return {
    payment: { ...payment, status: "processing" },
    attempt: await addAttempt(tx, charge, lease),
  };
}

/**
 * Gives up a payment. It is locked by the caller's transaction.
 * @returns the payment, if nobody has to be asked; else what the processor is to be asked
 * @throws NotNow if the card is being charged or was, or another processor would have to be asked
 */
export async function beginCancel(
  tx: Queries,
  processor: Pick<Processor, "name">,
  payment: Payment,
  { id, lease }: NewAttempt,
  onChange: OnChange,
): Promise<Payment | Work> {
  if (payment.status === "requires_confirmation")
    return settle(tx, payment, { status: "canceled" }, onChange);
  if (payment.status !== "requires_action")
    throw new NotNow(
      `The payment is ${payment.status}: only one that is requires_confirmation or requires_action can be canceled.`,
    );
  refuseOthers(processor, payment);
  const cancel = { id, kind: "cancel" as const, paymentId: payment.id };
  return { payment, attempt: await addAttempt(tx, cancel, lease) };
}

/**
 * Money that is about to be given back. The payment is locked by the caller's transaction.
 * @param processor the one that is asked: the payment's own
 * @throws NotNow, RefundTooLarge
 */
export async function beginRefund(
  tx: Queries,
  processor: { name: string },
  payment: Payment,
  newRefund: Omit<NewRefund, "id">,
  { id, lease }: NewAttempt,
): Promise<Work> {
  refuseOthers(processor, payment);
  const refund = await addRefund(tx, payment, { ...newRefund, id: uuidv7() });
  const { id: paymentId } = payment;
  const attempt = await addAttempt(
    tx,
    { id, kind: "refund", paymentId, refundId: refund.id },
    lease,
  );
  return { payment, refund, attempt };
}

/** Whoever charged a card is asked what becomes of that, and nobody else. @throws NotNow */
function refuseOthers(
  { name }: { name: string },
  { processor }: Payment,
): void {
  if (processor !== name)
    throw new NotNow(
      `The payment is ${processor}'s, and ${name} is asked now: that is done where PROCESSOR is ${processor}.`,
    );
}
