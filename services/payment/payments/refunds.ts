import { logger, type Queries } from "@marquee/service-kit";
import { postMovement } from "../ledger/ledger.ts";
import { emit } from "../outbox/emit.ts";
import type { RefundOutcome } from "../processors/processor.ts";
import {
  InvalidStateError,
  type Payment,
  type Refund,
  RefundTooLargeError,
  refundColumns,
} from "./payment.ts";
import { paymentJson, refundJson } from "./payment-json.ts";

export interface NewRefund {
  id: string;
  /** In the smallest unit of the payment's currency. @default everything that is left */
  amount?: bigint | undefined;
  /** For accounting. */
  reason?: string | undefined;
}

/**
 * Stores a refund and reserves its amount, so that concurrent refunds can't exceed the payment. The caller has locked
 * the payment.
 * @throws InvalidStateError if the payment did not succeed or is fully refunded; RefundTooLargeError if too little is
 * left
 */
export async function addRefund(
  tx: Queries,
  payment: Payment,
  { id, amount, reason }: NewRefund,
): Promise<Refund> {
  if (payment.status !== "succeeded")
    throw new InvalidStateError(
      `The payment is ${payment.status}: only a payment that is succeeded can be refunded.`,
    );
  const left = payment.amount - payment.refunded - payment.refunding;
  if (left === 0n)
    throw new InvalidStateError("The payment is fully refunded already.");
  const requested = amount ?? left;
  if (requested > left)
    throw new RefundTooLargeError(
      `exceeds the ${left} left of the ${payment.amount} paid`,
    );
  await tx.query(
    "UPDATE payments SET refunding = refunding + $2 WHERE id = $1",
    [payment.id, requested],
  );
  const [refund] = await tx.query<Refund>(
    `INSERT INTO refunds AS r (id, payment_id, amount, reason, status) VALUES ($1, $2, $3, $4, 'pending')
     RETURNING ${refundColumns}`,
    [id, payment.id, requested, reason ?? null],
  );
  return refund as Refund; // RETURNING
}

/**
 * Records the outcome of a refund: its status, the ledger movement and the event. A refund that succeeded may fail
 * later, when the card's bank returns the money: the processor holds it again then. Other outcomes of a finished refund
 * change nothing. The caller has locked the payment.
 */
export async function settleRefund(
  tx: Queries,
  payment: Payment,
  refund: Refund,
  outcome: RefundOutcome,
): Promise<Refund> {
  const failed = outcome.status === "failed";
  const reversed = failed && refund.status === "succeeded";
  if (refund.status !== "pending" && !reversed) {
    if (refund.status !== outcome.status)
      logger.error(
        { refundId: refund.id, is: refund.status, said: outcome.status },
        "the processor contradicts the recorded outcome of a refund: investigate manually",
      );
    return refund;
  }
  const [updated] = await tx.query<Refund>(
    `UPDATE refunds r SET status = $2, reference = coalesce($3, reference), failure_code = $4, failure_message = $5,
       updated_at = now() WHERE id = $1 RETURNING ${refundColumns}`,
    [
      refund.id,
      outcome.status,
      "reference" in outcome ? outcome.reference : null,
      failed ? outcome.code : null,
      failed ? outcome.message : null,
    ],
  );
  const settled = updated as Refund; // RETURNING
  if (settled.status === "pending") return settled;
  const { amount } = refund;
  const refundedChange = reversed ? -amount : failed ? 0n : amount;
  await tx.query(
    "UPDATE payments SET refunding = refunding - $2, refunded = refunded + $3 WHERE id = $1",
    [payment.id, reversed ? 0n : amount, refundedChange],
  );
  const { processor, currency } = payment;
  if (refundedChange !== 0n)
    await postMovement(tx, {
      kind: reversed ? "refund_reversal" : "refund",
      paymentId: payment.id,
      refundId: refund.id,
      processor,
      amount,
      currency,
    });
  await emit(tx, {
    type: `refund.${settled.status}`,
    data: {
      refund: refundJson(settled, payment),
      payment: paymentJson({
        ...payment,
        refunded: payment.refunded + refundedChange,
      }),
    },
  });
  return settled;
}
