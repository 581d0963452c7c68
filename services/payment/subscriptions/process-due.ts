import { randomUUID } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import type { Processor } from "../processors/processor.ts";
import { startBillingAttempt } from "./billing-attempts.ts";
import type { BillingSettings } from "./billing-settings.ts";
import { pendingPaymentStatus, type Subscription } from "./subscription.ts";
import { findSubscription } from "./subscription-repository.ts";
import {
  awaitRenewal,
  endSubscription,
  markPastDue,
  scheduleRetry,
} from "./transitions.ts";

/** A subscription that is to be renewed, retried or ended. */
export interface DueSubscription {
  id: string;
  /** Whether the grace period has ended. */
  graceOver: boolean;
}

/** Claims the subscription that has been due for the longest time, of those that no other replica has locked. */
export async function claimDue(
  tx: Queries,
  { gracePeriod }: BillingSettings,
): Promise<DueSubscription | undefined> {
  const [due] = await tx.query<DueSubscription>(
    `SELECT id, utc_after(period_end, $1::interval) <= now() AS "graceOver" FROM subscriptions
     WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
    [gracePeriod],
  );
  return due;
}

/**
 * Processes a due subscription. The processor is not called here: a renewal is stored, and any replica's recovery
 * worker charges the card.
 */
export async function processDue(
  tx: Queries,
  { id, graceOver }: DueSubscription,
  processor: Pick<Processor, "name">,
  settings: BillingSettings,
): Promise<void> {
  const subscription = (await findSubscription(tx, id)) as Subscription; // locked
  const unpaid =
    subscription.status === "past_due" ||
    pendingPaymentStatus(subscription) !== undefined;
  if (subscription.cancelAtPeriodEnd)
    await endSubscription(tx, subscription, "canceled");
  else if (unpaid && graceOver)
    await endSubscription(tx, subscription, "expired");
  else await renew(tx, subscription, processor, settings);
}

async function renew(
  tx: Queries,
  subscription: Subscription,
  processor: Pick<Processor, "name">,
  settings: BillingSettings,
): Promise<void> {
  // GRACE_PERIOD was raised after the renewal began.
  if (pendingPaymentStatus(subscription))
    await awaitRenewal(tx, subscription, settings);
  else if (subscription.processor === processor.name) {
    await startBillingAttempt(tx, processor, subscription, {
      id: randomUUID(),
      leaseSeconds: 0,
    });
    await awaitRenewal(tx, subscription, settings);
  }
  // The token belongs to a processor that is no longer configured: the user has to enter a card again.
  else await markPastDue(tx, await scheduleRetry(tx, subscription, settings));
}
