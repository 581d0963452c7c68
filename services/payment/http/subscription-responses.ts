import type { Queries } from "@marquee/service-kit";
import type { Answer } from "../idempotency/keys.ts";
import type { Work } from "../payments/call-processor.ts";
import type { Answers } from "../payments/record-outcome.ts";
import { findTry } from "../subscriptions/billing-attempts.ts";
import {
  findSubscription,
  isLive,
  type Subscription,
} from "../subscriptions/subscription.ts";
import { subscriptionJson } from "../subscriptions/subscription-json.ts";
import { json, keptProblem, paymentAnswer } from "./payment-responses.ts";

/** By the names that routes give to `perform`. */
export const subscriptionAnswers: Answers = {
  subscribe: (tx, work) => answer(tx, work, 201),
  "change subscription method": (tx, work) => answer(tx, work, 200),
};

/** @param paid the status, once it is paid */
async function answer(
  tx: Queries,
  { payment }: Work,
  paid: number,
): Promise<Answer> {
  const { status } = payment;
  if (status === "declined" || status === "canceled")
    return paymentAnswer(payment);
  const paying = await findTry(tx, payment.id);
  const subscription =
    paying && (await findSubscription(tx, paying.subscriptionId));
  if (!subscription)
    throw new Error(`Payment ${payment.id} is for no subscription.`);
  if (!isLive(subscription)) return ended(subscription);
  return json(
    status === "succeeded" ? paid : 202,
    subscriptionJson(subscription),
  );
}

/** Somebody else's request of the same user was faster: it is kept with the request, which does not come to anything any more. */
function ended(subscription: Subscription): Answer {
  const { id, status } = subscription;
  return keptProblem(
    409,
    `/subscriptions/${id}`,
    `The subscription was ${status} before its payment went through. If that is paid all the same, it is given back.`,
    { subscription: subscriptionJson(subscription) },
  );
}
