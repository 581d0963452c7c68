import type { Queries } from "@marquee/service-kit";
import { emit } from "../outbox/emit.ts";
import type { EventType } from "../outbox/event-types.ts";
import {
  type BillingAttempt,
  cancelLatestPayment,
} from "./billing-attempts.ts";
import type { BillingSettings } from "./billing-settings.ts";
import type { Subscription } from "./subscription.ts";
import { subscriptionJson } from "./subscription-json.ts";
import { findSubscription } from "./subscription-repository.ts";

// In all of these functions, the caller's transaction has locked the subscription.

/** @param change the SET clause, with parameters from $2 on */
export async function updateSubscription(
  tx: Queries,
  { id }: Subscription,
  change: string,
  values: readonly unknown[] = [],
): Promise<Subscription> {
  await tx.query(`UPDATE subscriptions SET ${change} WHERE id = $1`, [
    id,
    ...values,
  ]);
  return (await findSubscription(tx, id)) as Subscription; // locked
}

const emitEvent = (tx: Queries, type: EventType, subscription: Subscription) =>
  emit(tx, { type, data: { subscription: subscriptionJson(subscription) } });

/**
 * Starts the next period, which was paid. It follows the last one, even if it was paid late in the grace period. It
 * starts now if there is no last period, if the subscription had expired, or if the period would be over already
 * because no replica was running: users do not pay for time without access.
 */
export async function startNextPeriod(
  tx: Queries,
  subscription: Subscription,
  { number, paymentId }: BillingAttempt,
  settings: BillingSettings,
): Promise<Subscription> {
  const next = await nextPeriod(tx, subscription, number, settings);
  const { anchor, anchorNumber, start, end } = next;
  await tx.query(
    "UPDATE subscription_periods SET period_start = $2, period_end = $3 WHERE payment_id = $1",
    [paymentId, start, end],
  );
  const renewed = await updateSubscription(
    tx,
    subscription,
    `status = 'active', ended_at = NULL, number = $2, anchor = $3, anchor_number = $4, period_start = $5, period_end = $6,
     due_at = $6`,
    [number, anchor, anchorNumber, start, end],
  );
  const first = subscription.number === 0;
  await emitEvent(
    tx,
    first ? "subscription.created" : "subscription.renewed",
    renewed,
  );
  return renewed;
}

interface Period {
  /** The date from which ends of periods are counted, and the number of the period that started then. */
  anchor: Date;
  anchorNumber: number;
  start: Date;
  end: Date;
}

async function nextPeriod(
  tx: Queries,
  { id }: Subscription,
  number: number,
  { gracePeriod }: BillingSettings,
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
    [id, number, gracePeriod],
  );
  return next as Period; // locked
}

/**
 * A renewal is in progress: it is next due when the grace period ends. A renewal that starts after that, because no
 * replica was running, gets a full grace period from now.
 */
export const awaitRenewal = (
  tx: Queries,
  subscription: Subscription,
  { gracePeriod }: BillingSettings,
): Promise<Subscription> =>
  updateSubscription(
    tx,
    subscription,
    `due_at = utc_after(CASE WHEN utc_after(period_end, $2::interval) > now() THEN period_end ELSE now() END, $2::interval)`,
    [gracePeriod],
  );

export async function markPastDue(
  tx: Queries,
  subscription: Subscription,
): Promise<Subscription> {
  if (subscription.status === "past_due") return subscription;
  const changed = await updateSubscription(
    tx,
    subscription,
    "status = 'past_due'",
  );
  await emitEvent(tx, "subscription.past_due", changed);
  return changed;
}

/** Schedules the next retry within the grace period, or the expiry at its end. */
export const scheduleRetry = (
  tx: Queries,
  subscription: Subscription,
  { gracePeriod, retryFractions }: BillingSettings,
): Promise<Subscription> =>
  updateSubscription(
    tx,
    subscription,
    `due_at = coalesce(
       (SELECT min(at) FROM unnest($3::float8[]) AS parts(part), utc_after(period_end, $2::interval * part) AS tries(at)
        WHERE at > now()),
       utc_after(period_end, $2::interval)
     )`,
    [gracePeriod, retryFractions],
  );

/** Ends the subscription now. Emits an event unless the subscription never started. */
export async function endSubscription(
  tx: Queries,
  subscription: Subscription,
  status: "canceled" | "expired",
): Promise<Subscription> {
  await cancelLatestPayment(tx, subscription);
  const ended = await updateSubscription(
    tx,
    subscription,
    "status = $2, ended_at = now(), due_at = NULL, cancel_at_period_end = false",
    [status],
  );
  if (ended.number > 0) await emitEvent(tx, `subscription.${status}`, ended);
  return ended;
}
