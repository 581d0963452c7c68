import { randomUUID } from "node:crypto";
import { logger, type Queries } from "@marquee/service-kit";
import { startRefund } from "../payments/create.ts";
import type { Payment } from "../payments/payment.ts";
import type { OnChange } from "../payments/settle.ts";
import { type BillingAttempt, findBillingAttempt } from "./billing-attempts.ts";
import type { BillingSettings } from "./billing-settings.ts";
import { isLive, type Subscription } from "./subscription.ts";
import {
  liveSubscriptionOf,
  lockSubscription,
  lockUser,
} from "./subscription-repository.ts";
import {
  awaitRenewal,
  endSubscription,
  markPastDue,
  scheduleRetry,
  startNextPeriod,
} from "./transitions.ts";

/** Updates the subscription when one of its payments changes, in the same transaction. Ignores other payments. */
export const createOnChange =
  (settings: BillingSettings): OnChange =>
  async (tx, payment) => {
    if (payment.purpose !== "subscription") return;
    const attempt = await findBillingAttempt(tx, payment.id);
    const subscription =
      attempt && (await lockSubscription(tx, attempt.subscriptionId));
    if (!attempt || !subscription) {
      logger.error(
        { paymentId: payment.id },
        "the subscription of a payment does not exist: investigate manually",
      );
      return;
    }
    if (payment.status === "succeeded")
      return handlePaid(tx, subscription, attempt, payment, settings);
    const latest = subscription.paymentId === payment.id;
    if (!latest || !isLive(subscription)) return; // outdated
    if (payment.status !== "processing")
      await handleUnpaid(tx, subscription, payment, settings);
  };

/**
 * Starts the next period. If the subscription expired in the meantime, it is revived: the user paid for it. The payment
 * is refunded automatically if the user canceled, has another subscription, or paid the period with another card.
 */
async function handlePaid(
  tx: Queries,
  subscription: Subscription,
  attempt: BillingAttempt,
  payment: Payment,
  settings: BillingSettings,
): Promise<void> {
  const { status, userId, number } = subscription;
  if (attempt.number <= number)
    return refundPayment(
      tx,
      payment,
      "The period was paid by another payment.",
    );
  if (status === "canceled")
    return refundPayment(
      tx,
      payment,
      "The subscription was canceled in the meantime.",
    );
  if (status === "expired") {
    await lockUser(tx, userId);
    if (await liveSubscriptionOf(tx, userId))
      return refundPayment(
        tx,
        payment,
        "The user has another subscription by now.",
      );
  }
  await startNextPeriod(tx, subscription, attempt, settings);
}

/**
 * Refunds the whole payment. The refund request has no lease, so any replica with the payment's processor claims it.
 */
async function refundPayment(
  tx: Queries,
  payment: Payment,
  reason: string,
): Promise<void> {
  const { processor: name } = payment;
  const request = { id: randomUUID(), leaseSeconds: 0 };
  await startRefund(tx, { name }, payment, { reason }, request);
  logger.warn(
    { paymentId: payment.id, reason },
    "a subscription payment came too late and is refunded",
  );
}

/** Handles a payment that was declined or canceled, or that waits for the customer. */
async function handleUnpaid(
  tx: Queries,
  subscription: Subscription,
  { status }: Payment,
  settings: BillingSettings,
): Promise<void> {
  const requiresAction = status === "requires_action";
  if (subscription.status === "incomplete") {
    if (!requiresAction) await endSubscription(tx, subscription, "expired");
    return;
  }
  const schedule = requiresAction ? awaitRenewal : scheduleRetry;
  await markPastDue(tx, await schedule(tx, subscription, settings));
}
