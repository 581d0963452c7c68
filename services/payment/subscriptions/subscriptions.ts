import type { Queries } from "@marquee/service-kit";
import type { NewProcessorRequest } from "../payments/create.ts";
import { InvalidStateError } from "../payments/payment.ts";
import type { PendingOperation } from "../payments/pending-operation.ts";
import type { OnChange } from "../payments/settle.ts";
import type { MethodSummary, Processor } from "../processors/processor.ts";
import { uuidv7 } from "../uuid.ts";
import {
  cancelLatestPayment,
  startBillingAttempt,
} from "./billing-attempts.ts";
import {
  type BillingSettings,
  parseBillingSettings,
} from "./billing-settings.ts";
import { type Entitlement, findEntitlement } from "./entitlements.ts";
import { createOnChange } from "./on-payment-change.ts";
import { type PlanId, planOf } from "./plans.ts";
import { claimDue, type DueSubscription, processDue } from "./process-due.ts";
import {
  alreadySubscribedError,
  isLive,
  pendingPaymentStatus,
  type Subscription,
} from "./subscription.ts";
import {
  findSubscription,
  liveSubscriptionOf,
  lockUser,
} from "./subscription-repository.ts";
import {
  awaitRenewal,
  endSubscription,
  updateSubscription,
} from "./transitions.ts";

interface NewSubscription {
  userId: string;
  plan: PlanId;
  method: MethodSummary;
  /** URL that the customer returns to after an action such as 3-D Secure. */
  returnUrl?: string | undefined;
}

/**
 * Operations on subscriptions, in the caller's transaction, which has locked the given subscription. Refunding a
 * subscription's payment does not change the subscription: whoever refunds decides whether to cancel it, too.
 */
export interface Subscriptions {
  settings: BillingSettings;
  /** Starts a subscription and its first payment. @throws InvalidStateError if the user has a live subscription */
  subscribe(
    tx: Queries,
    subscription: NewSubscription,
    request: NewProcessorRequest,
  ): Promise<PendingOperation>;
  /**
   * Cancels at the end of the period, or now without a refund. A subscription whose first payment or renewal is unpaid
   * always ends now. @throws InvalidStateError if it has ended
   */
  cancel(
    tx: Queries,
    subscription: Subscription,
    at: "period_end" | "now",
  ): Promise<Subscription>;
  /**
   * Revokes a cancellation at the period's end.
   * @throws InvalidStateError if the subscription is not canceled, or the period has ended
   */
  resume(tx: Queries, subscription: Subscription): Promise<Subscription>;
  /**
   * Changes the card for future payments. A past due period is charged at once.
   * @returns the subscription if the processor need not be called
   * @throws InvalidStateError if it has ended, or the current card is being charged
   */
  changeMethod(
    tx: Queries,
    subscription: Subscription,
    method: Pick<NewSubscription, "method" | "returnUrl">,
    request: NewProcessorRequest,
  ): Promise<PendingOperation | Subscription>;
  /** Claims a due subscription, which no other replica can claim until the transaction ends. */
  claimDue(tx: Queries): Promise<DueSubscription | undefined>;
  /** Renews, retries or ends a due subscription. */
  processDue(tx: Queries, due: DueSubscription): Promise<void>;
  /** Whether a user has access. */
  findEntitlement(queries: Queries, userId: string): Promise<Entitlement>;
  onChange: OnChange;
}

/** @throws Error if a setting is invalid */
export function createSubscriptions(options: {
  processor: Pick<Processor, "name">;
  /** @default defaultBillingSettings */
  settings?: Partial<BillingSettings> | undefined;
}): Subscriptions {
  const { processor } = options;
  const settings = parseBillingSettings(options.settings);
  return {
    settings,

    async subscribe(tx, subscription, request) {
      await lockUser(tx, subscription.userId);
      const live = await liveSubscriptionOf(tx, subscription.userId);
      if (live) throw alreadySubscribedError(live);
      const added = await addSubscription(
        tx,
        processor,
        settings,
        subscription,
      );
      return startBillingAttempt(tx, processor, added, request);
    },

    async cancel(tx, subscription, at) {
      assertLive(subscription);
      const { status, periodOver } = subscription;
      // If the renewal started while this request waited for the lock, the period was not over when the request came.
      const over =
        periodOver || pendingPaymentStatus(subscription) !== undefined;
      return at === "now" || status !== "active" || over
        ? endSubscription(tx, subscription, "canceled")
        : updateSubscription(tx, subscription, "cancel_at_period_end = true");
    },

    async resume(tx, subscription) {
      assertLive(subscription);
      if (!subscription.cancelAtPeriodEnd)
        throw new InvalidStateError("The subscription is not canceled.");
      if (subscription.periodOver)
        throw new InvalidStateError(
          "The subscription's last period has ended. Subscribe again: POST /subscriptions.",
        );
      return updateSubscription(
        tx,
        subscription,
        "cancel_at_period_end = false",
      );
    },

    async changeMethod(tx, subscription, { method, returnUrl }, request) {
      assertMethodChangeable(subscription);
      const changed = await updateSubscription(
        tx,
        subscription,
        "processor = $2, token = $3, brand = $4, last4 = $5, return_url = $6",
        [
          processor.name,
          method.token,
          method.brand,
          method.last4,
          returnUrl ?? null,
        ],
      );
      if (changed.status === "active") return changed;
      await cancelLatestPayment(tx, subscription);
      const pending = await startBillingAttempt(
        tx,
        processor,
        changed,
        request,
      );
      await awaitRenewal(tx, changed, settings);
      return pending;
    },

    claimDue: (tx) => claimDue(tx, settings),
    processDue: (tx, due) => processDue(tx, due, processor, settings),

    findEntitlement: (queries, userId) =>
      findEntitlement(queries, userId, settings.gracePeriod),

    onChange: createOnChange(settings),
  };
}

function assertLive(subscription: Subscription): void {
  if (!isLive(subscription))
    throw new InvalidStateError(
      `The subscription is ${subscription.status}. Subscribe again: POST /subscriptions.`,
    );
}

function assertMethodChangeable(subscription: Subscription): void {
  assertLive(subscription);
  if (subscription.status === "incomplete")
    throw new InvalidStateError(
      `The first payment is in progress. To pay with another card, cancel with POST /subscriptions/${subscription.id}/cancel, and subscribe again.`,
    );
  if (pendingPaymentStatus(subscription) === "processing")
    throw new InvalidStateError(
      "The renewal is being charged to the current card. Try again in a moment.",
    );
}

/** Stores a subscription at the plan's current price. */
async function addSubscription(
  tx: Queries,
  processor: Pick<Processor, "name">,
  { period }: BillingSettings,
  { userId, plan, method, returnUrl }: NewSubscription,
): Promise<Subscription> {
  const id = uuidv7();
  const { amount, currency } = planOf(plan);
  await tx.query(
    `INSERT INTO subscriptions (id, user_id, plan, amount, currency, period, status, processor, token, brand, last4, return_url)
     VALUES ($1, $2, $3, $4, $5, $6, 'incomplete', $7, $8, $9, $10, $11)`,
    [
      id,
      userId,
      plan,
      amount,
      currency,
      period,
      processor.name,
      method.token,
      method.brand,
      method.last4,
      returnUrl ?? null,
    ],
  );
  return (await findSubscription(tx, id)) as Subscription; // INSERT
}
