import type { Queries } from "@marquee/service-kit";
import type { Subscription } from "./subscription.ts";

const columns = `s.id, s.user_id AS "userId", s.plan, s.amount, s.currency, s.period, s.status, s.processor, s.token,
  s.brand, s.last4, s.return_url AS "returnUrl", s.number, s.period_start AS "periodStart", s.period_end AS "periodEnd",
  coalesce(s.period_end <= now(), false) AS "periodOver", s.cancel_at_period_end AS "cancelAtPeriodEnd",
  s.created_at AS "createdAt", s.ended_at AS "endedAt", l.id AS "paymentId", l.number AS "paymentNumber",
  l.status AS "paymentStatus", l.next_action_url AS "nextActionUrl"`;

const from = `subscriptions s LEFT JOIN LATERAL (
    SELECT p.id, p.status, p.next_action_url, sp.number FROM subscription_periods sp JOIN payments p ON p.id = sp.payment_id
    WHERE sp.subscription_id = s.id ORDER BY sp.number DESC, sp.try DESC LIMIT 1
  ) l ON true`;

export async function findSubscription(
  queries: Queries,
  id: string,
): Promise<Subscription | undefined> {
  const [found] = await queries.query<Subscription>(
    `SELECT ${columns} FROM ${from} WHERE s.id = $1`,
    [id],
  );
  return found;
}

/** Like findSubscription, and locks the subscription until the transaction ends. */
export async function lockSubscription(
  tx: Queries,
  id: string,
): Promise<Subscription | undefined> {
  // Two statements: one that waited for the lock would return the payments as they were before.
  await tx.query("SELECT FROM subscriptions WHERE id = $1 FOR NO KEY UPDATE", [
    id,
  ]);
  return findSubscription(tx, id);
}

/** Until the transaction ends, no other one can start or revive a subscription of this user. */
export async function lockUser(tx: Queries, userId: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    `subscription of ${userId}`,
  ]);
}

/** Finds the user's subscription that has not ended. A user has at most one. */
export async function liveSubscriptionOf(
  queries: Queries,
  userId: string,
): Promise<Subscription | undefined> {
  const [found] = await queries.query<Subscription>(
    `SELECT ${columns} FROM ${from} WHERE s.user_id = $1 AND s.status IN ('incomplete', 'active', 'past_due')`,
    [userId],
  );
  return found;
}

/**
 * Lists a user's subscriptions, newest first.
 * @param before only subscriptions older than the one with this id
 */
export const subscriptionsOf = (
  queries: Queries,
  userId: string,
  limit: number,
  before?: string,
): Promise<Subscription[]> =>
  queries.query<Subscription>(
    `SELECT ${columns} FROM ${from} WHERE s.user_id = $1 AND ($3::uuid IS NULL OR s.id < $3)
     ORDER BY s.id DESC LIMIT $2`,
    [userId, limit, before ?? null],
  );
