import { logger, type Queries } from "@marquee/service-kit";
import { postMovement } from "../ledger/ledger.ts";
import { emit } from "../outbox/emit.ts";
import type { EventType } from "../outbox/event-types.ts";
import type { ChargeOutcome } from "../processors/processor.ts";
import { type Payment, type PaymentStatus, paymentColumns } from "./payment.ts";
import { paymentJson } from "./payment-json.ts";

/** Called in the transaction that changes a payment's status: its effects commit with the change or not at all. */
export type OnChange = (tx: Queries, payment: Payment) => Promise<void>;

const finalStatuses: readonly PaymentStatus[] = [
  "succeeded",
  "declined",
  "canceled",
];

/** Whether the status can't change any more. */
export const isFinal = ({ status }: Pick<Payment, "status">): boolean =>
  finalStatuses.includes(status);

/**
 * Records the outcome of a charge: the payment's status, the ledger movement, the event, and the effects of `onChange`.
 * An outcome that is recorded already changes nothing. The caller has locked the payment.
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
        "the processor contradicts the recorded outcome of a payment: investigate manually",
      );
    return payment;
  }
  const settled = await update(tx, payment, outcome);
  if (settled.status === payment.status) return settled;
  if (settled.status === "succeeded") {
    const { id: paymentId, processor, amount, currency } = settled;
    const kind = "payment";
    await postMovement(tx, { kind, paymentId, processor, amount, currency });
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
