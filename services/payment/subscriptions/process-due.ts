import { randomUUID } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import type { Processor } from "../processors/processor.ts";
import { beginTry } from "./billing-attempts.ts";
import type { SubscriptionTimes } from "./billing-settings.ts";
import {
  findSubscription,
  type Subscription,
  underWay,
} from "./subscription.ts";
import {
  awaitRenewal,
  end,
  fallPastDue,
  scheduleRetry,
} from "./transitions.ts";

/** A subscription with which something is to be done. */
export interface Due {
  id: string;
  /** Whether its grace period has ended, if it is not paid. */
  graceOver: boolean;
}

/** Takes up the subscription that is due for longest, of those that no other replica is at. */
export async function takeDue(
  tx: Queries,
  { grace }: SubscriptionTimes,
): Promise<Due | undefined> {
  const [due] = await tx.query<Due>(
    `SELECT id, utc_after(period_end, $1::interval) <= now() AS "graceOver" FROM subscriptions
     WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
    [grace],
  );
  return due;
}

/**
 * Does what is due. Nobody is asked here: a renewal is written down, and the card is charged by whichever replica takes that up.
 */
export async function handleDue(
  tx: Queries,
  { id, graceOver }: Due,
  processor: Pick<Processor, "name">,
  times: SubscriptionTimes,
): Promise<void> {
  const subscription = (await findSubscription(tx, id)) as Subscription; // locked
  const unpaid =
    subscription.status === "past_due" || underWay(subscription) !== undefined;
  if (subscription.cancelAtPeriodEnd) await end(tx, subscription, "canceled");
  else if (unpaid && graceOver) await end(tx, subscription, "expired");
  else await renew(tx, subscription, processor, times);
}

async function renew(
  tx: Queries,
  subscription: Subscription,
  processor: Pick<Processor, "name">,
  times: SubscriptionTimes,
): Promise<void> {
  // The grace period became longer since.
  if (underWay(subscription)) await awaitRenewal(tx, subscription, times);
  else if (subscription.processor === processor.name) {
    await beginTry(tx, processor, subscription, { id: randomUUID(), lease: 0 });
    await awaitRenewal(tx, subscription, times);
  }
  // The card is another processor's, which this program does not ask any more: its owner has to give one again.
  else await fallPastDue(tx, await scheduleRetry(tx, subscription, times));
}
