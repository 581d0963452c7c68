import { logger, type Queries } from "@marquee/service-kit";
import { post } from "../ledger/ledger.ts";
import { emit } from "../outbox/emit.ts";
import type { EventType } from "../outbox/event-types.ts";
import type { ChargeOutcome } from "../processors/processor.ts";
import { type Payment, type PaymentStatus, paymentColumns } from "./payment.ts";
import { paymentJson } from "./payment-json.ts";

/** What else happens when a payment changes, in the same transaction: it is done if that commits, and only then. */
export type OnChange = (tx: Queries, payment: Payment) => Promise<void>;

const final: readonly PaymentStatus[] = ["succeeded", "declined", "canceled"];

/** Whether nothing more will become of it. */
export const isFinal = ({ status }: Pick<Payment, "status">): boolean =>
  final.includes(status);

/**
 * Writes down what became of a charge: the payment's new status, the movement in the book, the event, and what else depends
 * on it. The payment is locked by the caller's transaction. An outcome that says nothing new changes nothing.
 */
export async function settle(
  tx: Queries,
  payment: Payment,
  outcome: ChargeOutcome,
  onChange: OnChange,
): Promise<Payment> {
  if (isFinal(payment)) {
    if (payment.status !== outcome.status)
      logger.error(
        { paymentId: payment.id, is: payment.status, said: outcome.status },
        "the processor says otherwise of a payment that is over: look at it by hand",
      );
    return payment;
  }
  const settled = await update(tx, payment, outcome);
  if (settled.status === payment.status) return settled;
  if (settled.status === "succeeded") {
    const { id: paymentId, processor, amount, currency } = settled;
    const kind = "payment";
    await post(tx, { kind, paymentId, processor, amount, currency });
  }
  if (settled.status !== "processing")
    await emit(tx, {
      type: `payment.${settled.status}` as EventType,
      data: { payment: paymentJson(settled) },
    });
  await onChange(tx, settled);
  return settled;
}

async function update(
  tx: Queries,
  { id }: Payment,
  outcome: ChargeOutcome,
): Promise<Payment> {
  const declined = outcome.status === "declined";
  const [updated] = await tx.query<Payment>(
    `UPDATE payments p SET status = $2, reference = coalesce($3, reference), next_action_url = $4,
       decline_code = $5, decline_message = $6
     WHERE id = $1 RETURNING ${paymentColumns}`,
    [
      id,
      outcome.status,
      ("reference" in outcome && outcome.reference) || null,
      outcome.status === "requires_action" ? outcome.nextAction.url : null,
      declined ? outcome.code : null,
      declined ? outcome.message : null,
    ],
  );
  return updated as Payment; // RETURNING
}
