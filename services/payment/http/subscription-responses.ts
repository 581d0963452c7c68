import type { Queries } from "@marquee/service-kit";
import type {
  PendingOperation,
  ResponseBuilders,
} from "../payments/pending-operation.ts";
import { findBillingAttempt } from "../subscriptions/billing-attempts.ts";
import { isLive, type Subscription } from "../subscriptions/subscription.ts";
import { subscriptionJson } from "../subscriptions/subscription-json.ts";
import { findSubscription } from "../subscriptions/subscription-repository.ts";
import { json, storedProblem, unpaidResponse } from "./payment-responses.ts";

export const subscriptionResponses = {
  subscribe: (tx, operation) => subscriptionResponse(tx, operation, 201),
  "change subscription method": (tx, operation) =>
    subscriptionResponse(tx, operation, 200),
} satisfies Pick<ResponseBuilders, "subscribe" | "change subscription method">;

async function subscriptionResponse<PaidStatus extends number>(
  tx: Queries,
  { payment }: PendingOperation,
  paidStatus: PaidStatus,
) {
  const { status } = payment;
  if (status === "declined" || status === "canceled")
    return unpaidResponse(payment);
  const attempt = await findBillingAttempt(tx, payment.id);
  const subscription =
    attempt && (await findSubscription(tx, attempt.subscriptionId));
  if (!subscription)
    throw new Error(`Payment ${payment.id} belongs to no subscription.`);
  if (!isLive(subscription)) return endedResponse(subscription);
  return json(
    status === "succeeded" ? paidStatus : 202,
    subscriptionJson(subscription),
  );
}

/** A concurrent request of the same user ended the subscription. */
function endedResponse(subscription: Subscription) {
  const { id, status } = subscription;
  return storedProblem(
    409,
    `/subscriptions/${id}`,
    `The subscription was ${status} before its payment went through. If the payment succeeds after all, it is refunded.`,
    { subscription: subscriptionJson(subscription) },
  );
}
