import { randomUUID } from "node:crypto";
import { logger, type Queries } from "@marquee/service-kit";
import { beginRefund } from "../payments/create.ts";
import type { Payment } from "../payments/payment.ts";
import type { OnChange } from "../payments/settle.ts";
import { findTry, type Try } from "./billing-attempts.ts";
import type { SubscriptionTimes } from "./billing-settings.ts";
import {
  isLive,
  liveSubscriptionOf,
  lockSubscription,
  lockUser,
  type Subscription,
} from "./subscription.ts";
import {
  awaitRenewal,
  end,
  fallPastDue,
  prolong,
  scheduleRetry,
} from "./transitions.ts";

/** What becomes of a subscription when a payment of it changes, in the same transaction. Others are left alone. */
export const createOnChange =
  (times: SubscriptionTimes): OnChange =>
  async (tx, payment) => {
    if (payment.purpose !== "subscription") return;
    const paying = await findTry(tx, payment.id);
    const subscription =
      paying && (await lockSubscription(tx, paying.subscriptionId));
    if (!paying || !subscription) {
      logger.error(
        { paymentId: payment.id },
        "a payment is for a subscription that is not there: look at it by hand",
      );
      return;
    }
    if (payment.status === "succeeded")
      return onPaid(tx, subscription, paying, payment, times);
    const latest = subscription.paymentId === payment.id;
    if (!latest || !isLive(subscription)) return; // another try counts, or none
    if (payment.status !== "processing")
      await onUnpaid(tx, subscription, payment, times);
  };

/**
 * What was paid counts if it still can. If the subscription had expired meanwhile, it comes back: who paid wants it. If its owner
 * canceled it, has another one by now, or the period was paid by another card meanwhile, the money goes back by itself.
 */
async function onPaid(
  tx: Queries,
  subscription: Subscription,
  paying: Try,
  payment: Payment,
  times: SubscriptionTimes,
): Promise<void> {
  const { status, userId, number } = subscription;
  if (paying.number <= number)
    return giveBack(tx, payment, "The period was paid by another payment.");
  if (status === "canceled")
    return giveBack(tx, payment, "The subscription was canceled meanwhile.");
  if (status === "expired") {
    await lockUser(tx, userId);
    if (await liveSubscriptionOf(tx, userId))
      return giveBack(tx, payment, "There is another subscription meanwhile.");
  }
  await prolong(tx, subscription, paying, times);
}

/** All of it, by any replica that asks the payment's processor. */
async function giveBack(
  tx: Queries,
  payment: Payment,
  reason: string,
): Promise<void> {
  const { processor: name } = payment;
  const attempt = { id: randomUUID(), lease: 0 };
  await beginRefund(tx, { name }, payment, { reason }, attempt);
  logger.warn(
    { paymentId: payment.id, reason },
    "a subscription was paid for nothing: it is given back",
  );
}

/** Declined, canceled, or waiting for who pays. */
async function onUnpaid(
  tx: Queries,
  subscription: Subscription,
  { status }: Payment,
  times: SubscriptionTimes,
): Promise<void> {
  const waits = status === "requires_action";
  if (subscription.status === "incomplete") {
    if (!waits) await end(tx, subscription, "expired");
    return;
  }
  const schedule = waits ? awaitRenewal : scheduleRetry;
  await fallPastDue(tx, await schedule(tx, subscription, times));
}
