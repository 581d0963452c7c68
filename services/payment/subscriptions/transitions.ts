import type { Queries } from "@marquee/service-kit";
import { emit } from "../outbox/emit.ts";
import type { EventType } from "../outbox/event-types.ts";
import { giveUp, type Try } from "./billing-attempts.ts";
import type { SubscriptionTimes } from "./billing-settings.ts";
import { findSubscription, type Subscription } from "./subscription.ts";
import { subscriptionJson } from "./subscription-json.ts";

// In all of these the subscription is locked by the caller's transaction.

/** Writes a change down. @param change what to SET, with parameters from $2 on */
export async function update(
  tx: Queries,
  { id }: Subscription,
  change: string,
  values: readonly unknown[] = [],
): Promise<Subscription> {
  await tx.query(`UPDATE subscriptions SET ${change} WHERE id = $1`, [
    id,
    ...values,
  ]);
  return (await findSubscription(tx, id)) as Subscription; // it is locked
}

const tell = (tx: Queries, type: EventType, subscription: Subscription) =>
  emit(tx, { type, data: { subscription: subscriptionJson(subscription) } });

/**
 * The next period was paid. It begins where the last one ended, however late in the grace period it was paid. It begins now if
 * there is no last one, if the subscription had expired, or if it is over by now, or would be, as nobody was there to renew it:
 * nobody pays for time in which they could not watch.
 */
export async function prolong(
  tx: Queries,
  subscription: Subscription,
  { number, paymentId }: Try,
  times: SubscriptionTimes,
): Promise<Subscription> {
  const next = await nextPeriod(tx, subscription, number, times);
  const { anchor, anchorNumber, start, end } = next;
  await tx.query(
    "UPDATE subscription_periods SET period_start = $2, period_end = $3 WHERE payment_id = $1",
    [paymentId, start, end],
  );
  const prolonged = await update(
    tx,
    subscription,
    `status = 'active', ended_at = NULL, number = $2, anchor = $3, anchor_number = $4, period_start = $5, period_end = $6,
     due_at = $6`,
    [number, anchor, anchorNumber, start, end],
  );
  const first = subscription.number === 0;
  await tell(
    tx,
    first ? "subscription.created" : "subscription.renewed",
    prolonged,
  );
  return prolonged;
}

interface Period {
  /** What its end is counted from, and the number of the period that began then. */
  anchor: Date;
  anchorNumber: number;
  start: Date;
  end: Date;
}

async function nextPeriod(
  tx: Queries,
  { id }: Subscription,
  number: number,
  { grace }: SubscriptionTimes,
): Promise<Period> {
  const [next] = await tx.query<Period>(
    `SELECT n.anchor, n.anchor_number AS "anchorNumber", CASE WHEN anew THEN n.anchor ELSE s.period_end END AS start,
       utc_after(n.anchor, ($2 + 1 - n.anchor_number) * s.period::interval) AS "end"
     FROM subscriptions s,
       LATERAL (
         SELECT s.number = 0 OR s.status = 'expired' OR utc_after(s.period_end, $3::interval) <= now() OR
           utc_after(s.anchor, ($2 + 1 - s.anchor_number) * s.period::interval) <= now() AS anew
       ) a,
       LATERAL (
         SELECT CASE WHEN anew THEN now()::timestamptz(3) ELSE s.anchor END AS anchor,
           CASE WHEN anew THEN $2 ELSE s.anchor_number END AS anchor_number
       ) n
     WHERE s.id = $1`,
    [id, number, grace],
  );
  return next as Period; // it is locked
}

/**
 * The renewal is under way: until the grace period ends nothing else is tried. One that begins after that, because nobody was
 * there to begin it, has as long.
 */
export const awaitRenewal = (
  tx: Queries,
  subscription: Subscription,
  { grace }: SubscriptionTimes,
): Promise<Subscription> =>
  update(
    tx,
    subscription,
    `due_at = utc_after(CASE WHEN utc_after(period_end, $2::interval) > now() THEN period_end ELSE now() END, $2::interval)`,
    [grace],
  );

/** The renewal was not paid, or not yet. */
export async function fallPastDue(
  tx: Queries,
  subscription: Subscription,
): Promise<Subscription> {
  if (subscription.status === "past_due") return subscription;
  const changed = await update(tx, subscription, "status = 'past_due'");
  await tell(tx, "subscription.past_due", changed);
  return changed;
}

/** It is tried again when the schedule says so, within the grace period; at its end it expires. */
export const scheduleRetry = (
  tx: Queries,
  subscription: Subscription,
  { grace, retries }: SubscriptionTimes,
): Promise<Subscription> =>
  update(
    tx,
    subscription,
    `due_at = coalesce(
       (SELECT min(at) FROM unnest($3::float8[]) AS parts(part), utc_after(period_end, $2::interval * part) AS tries(at)
        WHERE at > now()),
       utc_after(period_end, $2::interval)
     )`,
    [grace, retries],
  );

/** It is over, from now on. An event tells so, if one told that there was one. */
export async function end(
  tx: Queries,
  subscription: Subscription,
  status: "canceled" | "expired",
): Promise<Subscription> {
  await giveUp(tx, subscription);
  const ended = await update(
    tx,
    subscription,
    "status = $2, ended_at = now(), due_at = NULL, cancel_at_period_end = false",
    [status],
  );
  if (ended.number > 0) await tell(tx, `subscription.${status}`, ended);
  return ended;
}
