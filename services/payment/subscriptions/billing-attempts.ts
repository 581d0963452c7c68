import { randomUUID } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import { type NewProcessorRequest, startPayment } from "../payments/create.ts";
import type { PendingOperation } from "../payments/pending-operation.ts";
import { addRequest } from "../payments/processor-requests.ts";
import type { Processor } from "../processors/processor.ts";
import { paymentIdOf } from "./payment-ids.ts";
import type { Subscription } from "./subscription.ts";

/** An attempt to pay a period. */
export interface BillingAttempt {
  subscriptionId: string;
  /** The period's number. */
  number: number;
  paymentId: string;
}

/** Stores a payment for the next period, and the request to charge it. The caller has locked the subscription. */
export async function startBillingAttempt(
  tx: Queries,
  processor: Pick<Processor, "name">,
  subscription: Subscription,
  request: NewProcessorRequest,
): Promise<PendingOperation> {
  const { id, userId, amount, currency, returnUrl } = subscription;
  const { token, brand, last4 } = subscription;
  const number = subscription.number + 1;
  const [{ tries } = { tries: 0 }] = await tx.query<{ tries: number }>(
    `SELECT coalesce(max(try), 0) AS tries FROM subscription_periods WHERE subscription_id = $1 AND number = $2`,
    [id, number],
  );
  const since = subscription.periodEnd ?? subscription.createdAt;
  const pending = await startPayment(
    tx,
    processor,
    {
      id: paymentIdOf(id, number, tries + 1, since),
      userId,
      amount,
      currency,
      purpose: "subscription",
      method: { token, brand, last4 },
      returnUrl: returnUrl ?? undefined,
    },
    request,
  );
  await tx.query(
    "INSERT INTO subscription_periods (subscription_id, number, try, payment_id) VALUES ($1, $2, $3, $4)",
    [id, number, tries + 1, pending.payment.id],
  );
  return pending;
}

/** Finds the billing attempt of a payment. */
export async function findBillingAttempt(
  queries: Queries,
  paymentId: string,
): Promise<BillingAttempt | undefined> {
  const [found] = await queries.query<BillingAttempt>(
    `SELECT subscription_id AS "subscriptionId", number, payment_id AS "paymentId"
     FROM subscription_periods WHERE payment_id = $1`,
    [paymentId],
  );
  return found;
}

/**
 * Stops waiting for the customer: stores a request to cancel the payment, which any replica claims. If it was paid by
 * then, it is handled as a late payment. A payment that the processor is processing can't be canceled; its outcome is
 * handled later.
 */
export async function cancelLatestPayment(
  tx: Queries,
  { paymentId, paymentStatus }: Subscription,
): Promise<void> {
  if (paymentId === null || paymentStatus !== "requires_action") return;
  // A concurrent settle holds the payment and waits for our subscription lock: waiting for it would deadlock. Its
  // result is handled as a late payment.
  const locked = await tx.query(
    "SELECT FROM payments WHERE id = $1 FOR KEY SHARE SKIP LOCKED",
    [paymentId],
  );
  if (locked.length === 0) return;
  await addRequest(tx, { id: randomUUID(), kind: "cancel", paymentId }, 0);
}
