import { logger, type Queries } from "@marquee/service-kit";
import { post } from "../ledger/ledger.ts";
import { emit } from "../outbox/emit.ts";
import type { RefundOutcome } from "../processors/processor.ts";
import {
  NotNow,
  type Payment,
  type Refund,
  RefundTooLarge,
  refundColumns,
} from "./payment.ts";
import { paymentJson, refundJson } from "./payment-json.ts";

export interface NewRefund {
  id: string;
  /** In the payment's currency's smallest unit. @default all that is left */
  amount?: bigint | undefined;
  /** Why, for those who read the books. */
  reason?: string | undefined;
}

/**
 * Sets a refund's amount aside, so that others can't give it back as well. The payment is locked by the caller's transaction.
 * @throws NotNow if nothing was paid, or all is given back; RefundTooLarge if there is less left
 */
export async function addRefund(
  tx: Queries,
  payment: Payment,
  { id, amount, reason }: NewRefund,
): Promise<Refund> {
  if (payment.status !== "succeeded")
    throw new NotNow(
      `The payment is ${payment.status}: only one that is succeeded can be refunded.`,
    );
  const left = payment.amount - payment.refunded - payment.refunding;
  if (left === 0n)
    throw new NotNow("All of the payment is given back already.");
  const wanted = amount ?? left;
  if (wanted > left)
    throw new RefundTooLarge(
      `is more than the ${left} that are left of the ${payment.amount} that were paid`,
    );
  await tx.query(
    "UPDATE payments SET refunding = refunding + $2 WHERE id = $1",
    [payment.id, wanted],
  );
  const [refund] = await tx.query<Refund>(
    `INSERT INTO refunds AS r (id, payment_id, amount, reason, status) VALUES ($1, $2, $3, $4, 'pending')
     RETURNING ${refundColumns}`,
    [id, payment.id, wanted, reason ?? null],
  );
  return refund as Refund; // RETURNING
}

/**
 * Writes down what became of a refund: its status, the movement in the book, the event. One that succeeded may fail after that, as
 * the card's bank sends the money back: it is with the processor again. The payment is locked by the caller's transaction. An
 * outcome that says nothing new changes nothing.
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
        "the processor says otherwise of a refund that is over: look at it by hand",
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
  const back = reversed ? -amount : failed ? 0n : amount;
  await tx.query(
    "UPDATE payments SET refunding = refunding - $2, refunded = refunded + $3 WHERE id = $1",
    [payment.id, reversed ? 0n : amount, back],
  );
  const { processor, currency } = payment;
  if (back !== 0n)
    await post(tx, {
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
      payment: paymentJson({ ...payment, refunded: payment.refunded + back }),
    },
  });
  return settled;
}
