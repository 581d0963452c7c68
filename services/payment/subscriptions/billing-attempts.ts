import { randomUUID } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import type { Work } from "../payments/call-processor.ts";
import { beginPayment, type NewAttempt } from "../payments/create.ts";
import { addAttempt } from "../payments/processor-requests.ts";
import type { Processor } from "../processors/processor.ts";
import { paymentIdOf } from "./payment-ids.ts";
import type { Subscription } from "./subscription.ts";

/** A try to pay a period. */
export interface Try {
  subscriptionId: string;
  /** The period's. */
  number: number;
  paymentId: string;
}

/** The card is about to be charged for the next period. The subscription is locked by the caller's transaction. */
export async function beginTry(
  tx: Queries,
  processor: Pick<Processor, "name">,
  subscription: Subscription,
  attempt: NewAttempt,
): Promise<Work> {
  const { id, userId, amount, currency, returnUrl } = subscription;
  const { token, brand, last4 } = subscription;
  const number = subscription.number + 1;
  const [{ tries } = { tries: 0 }] = await tx.query<{ tries: number }>(
    `SELECT coalesce(max(try), 0) AS tries FROM subscription_periods WHERE subscription_id = $1 AND number = $2`,
    [id, number],
  );
  const since = subscription.periodEnd ?? subscription.createdAt;
  const work = await beginPayment(
    tx,
    processor,
    {
      id: paymentIdOf(id, number, tries + 1, since),
      ...{ userId, amount, currency },
      purpose: "subscription",
      method: { token, brand, last4 },
      returnUrl: returnUrl ?? undefined,
    },
    attempt,
  );
  await tx.query(
    "INSERT INTO subscription_periods (subscription_id, number, try, payment_id) VALUES ($1, $2, $3, $4)",
    [id, number, tries + 1, work.payment.id],
  );
  return work;
}

/** Which period a payment is for. */
export async function findTry(
  queries: Queries,
  paymentId: string,
): Promise<Try | undefined> {
  const [found] = await queries.query<Try>(
    `SELECT subscription_id AS "subscriptionId", number, payment_id AS "paymentId"
     FROM subscription_periods WHERE payment_id = $1`,
    [paymentId],
  );
  return found;
}

/**
 * Nobody waits any more for who pays: any replica tells the processor. If it was paid by then, that is settled as any late
 * payment is. One that the processor works at can't be given up: what becomes of it is seen then.
 */
export async function giveUp(
  tx: Queries,
  { paymentId, paymentStatus }: Subscription,
): Promise<void> {
  if (paymentId === null || paymentStatus !== "requires_action") return;
  // Who settles it now waits for the subscription, which is ours: to wait for that would be a circle. What comes of it is late.
  const free = await tx.query(
    "SELECT FROM payments WHERE id = $1 FOR KEY SHARE SKIP LOCKED",
    [paymentId],
  );
  if (free.length === 0) return;
  await addAttempt(tx, { id: randomUUID(), kind: "cancel", paymentId }, 0);
}
