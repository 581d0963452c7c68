import type { Queries } from "@marquee/service-kit";
import type { Work } from "../payments/call-processor.ts";
import type { NewAttempt } from "../payments/create.ts";
import { NotNow } from "../payments/payment.ts";
import type { OnChange } from "../payments/settle.ts";
import type { MethodSummary, Processor } from "../processors/processor.ts";
import { uuidv7 } from "../uuidv7.ts";
import { beginTry, giveUp } from "./billing-attempts.ts";
import { readTimes, type SubscriptionTimes } from "./billing-settings.ts";
import { type Entitlement, entitlementOf } from "./entitlements.ts";
import { createOnChange } from "./on-payment-change.ts";
import { type PlanId, planOf } from "./plans.ts";
import { type Due, handleDue, takeDue } from "./process-due.ts";
import {
  alreadyThere,
  findSubscription,
  isLive,
  liveSubscriptionOf,
  lockUser,
  type Subscription,
  underWay,
} from "./subscription.ts";
import { awaitRenewal, end, update } from "./transitions.ts";

export interface NewSubscription {
  userId: string;
  plan: PlanId;
  method: MethodSummary;
  /** Where who pays comes back to after an action. */
  returnUrl?: string | undefined;
}

/**
 * What can be done with subscriptions, each in the caller's transaction; those that are given are locked by it. A refund of
 * what was paid for one changes nothing of it: who gives money back decides besides whether it ends, and cancels it.
 */
export interface Subscriptions {
  times: SubscriptionTimes;
  /** Somebody subscribes: the card is about to be charged for the first period. @throws NotNow if there is one that is not over */
  begin(
    tx: Queries,
    subscription: NewSubscription,
    attempt: NewAttempt,
  ): Promise<Work>;
  /**
   * Ends it at its period's end, or now: then nothing is given back. One whose first payment or renewal was not paid ends now in
   * any case. @throws NotNow if it is over
   */
  cancel(
    tx: Queries,
    subscription: Subscription,
    at: "period_end" | "now",
  ): Promise<Subscription>;
  /** Takes back a cancellation at the period's end. @throws NotNow if there is none, or it is too late */
  resume(tx: Queries, subscription: Subscription): Promise<Subscription>;
  /**
   * Another card, from now on. What is past due is tried again at once.
   * @returns the subscription, if nobody has to be asked
   * @throws NotNow if it is over, or the card before is being charged
   */
  changeMethod(
    tx: Queries,
    subscription: Subscription,
    method: Pick<NewSubscription, "method" | "returnUrl">,
    attempt: NewAttempt,
  ): Promise<Work | Subscription>;
  /** One with which something is to be done; no other replica takes the same one. */
  takeDue(tx: Queries): Promise<Due | undefined>;
  /** Does it: renews, tries again, or ends it. */
  handleDue(tx: Queries, due: Due): Promise<void>;
  /** Whether a user may watch. */
  entitlementOf(queries: Queries, userId: string): Promise<Entitlement>;
  onChange: OnChange;
}

/** @throws Error if the times are none */
export function createSubscriptions(options: {
  processor: Pick<Processor, "name">;
  /** @default subscriptionTimes */
  times?: Partial<SubscriptionTimes> | undefined;
}): Subscriptions {
  const { processor } = options;
  const times = readTimes(options.times);
  return {
    times,

    async begin(tx, subscription, attempt) {
      await lockUser(tx, subscription.userId);
      const live = await liveSubscriptionOf(tx, subscription.userId);
      if (live) throw alreadyThere(live);
      const added = await add(tx, processor, times, subscription);
      return beginTry(tx, processor, added, attempt);
    },

    async cancel(tx, subscription, at) {
      refuseEnded(subscription);
      const { status, periodOver } = subscription;
      // It may have waited for who began the renewal: then the period was not over when it came.
      const over = periodOver || underWay(subscription) !== undefined;
      return at === "now" || status !== "active" || over
        ? end(tx, subscription, "canceled")
        : update(tx, subscription, "cancel_at_period_end = true");
    },

    async resume(tx, subscription) {
      refuseEnded(subscription);
      if (!subscription.cancelAtPeriodEnd)
        throw new NotNow("The subscription is not to end: it goes on.");
      if (subscription.periodOver)
        throw new NotNow(
          "The subscription's last period has ended. Subscribe again: POST /subscriptions.",
        );
      return update(tx, subscription, "cancel_at_period_end = false");
    },

    async changeMethod(tx, subscription, { method, returnUrl }, attempt) {
      refuseUnchangeable(subscription);
      const changed = await update(
        tx,
        subscription,
        "processor = $2, token = $3, brand = $4, last4 = $5, return_url = $6",
        [
          ...[processor.name, method.token, method.brand, method.last4],
          returnUrl ?? null,
        ],
      );
      if (changed.status === "active") return changed;
      await giveUp(tx, subscription);
      const work = await beginTry(tx, processor, changed, attempt);
      await awaitRenewal(tx, changed, times);
      return work;
    },

    takeDue: (tx) => takeDue(tx, times),
    handleDue: (tx, due) => handleDue(tx, due, processor, times),

    entitlementOf: (queries, userId) =>
      entitlementOf(queries, userId, times.grace),

    onChange: createOnChange(times),
  };
}

function refuseEnded(subscription: Subscription): void {
  if (!isLive(subscription))
    throw new NotNow(
      `The subscription is ${subscription.status}. Subscribe again: POST /subscriptions.`,
    );
}

function refuseUnchangeable(subscription: Subscription): void {
  refuseEnded(subscription);
  if (subscription.status === "incomplete")
    throw new NotNow(
      `The first payment is under way. To pay with another card, cancel with POST /subscriptions/${subscription.id}/cancel, and subscribe again.`,
    );
  if (underWay(subscription) === "processing")
    throw new NotNow(
      "The renewal is being charged to the card that is there. Try again when that is over: in a moment, mostly.",
    );
}

/** Writes a subscription down as its plan is now. */
async function add(
  tx: Queries,
  processor: Pick<Processor, "name">,
  { period }: SubscriptionTimes,
  { userId, plan, method, returnUrl }: NewSubscription,
): Promise<Subscription> {
  const id = uuidv7();
  const { amount, currency } = planOf(plan);
  await tx.query(
    `INSERT INTO subscriptions (id, user_id, plan, amount, currency, period, status, processor, token, brand, last4, return_url)
     VALUES ($1, $2, $3, $4, $5, $6, 'incomplete', $7, $8, $9, $10, $11)`,
    [
      ...[id, userId, plan, amount, currency, period, processor.name],
      ...[method.token, method.brand, method.last4, returnUrl ?? null],
    ],
  );
  return (await findSubscription(tx, id)) as Subscription; // INSERT
}
