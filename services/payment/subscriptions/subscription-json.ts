import * as z from "zod";
import type { Subscription } from "./subscription.ts";

/** A subscription in responses and events. Contains no secrets. */
export const SubscriptionJson = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    plan: z.string(),
    amount: z
      .int()
      .describe(
        "The agreed price per period, in the currency's smallest unit.",
      ),
    currency: z.string().describe("ISO 4217."),
    interval: z
      .string()
      .describe("The length of a period, as an ISO 8601 duration."),
    status: z
      .enum(["incomplete", "active", "past_due", "canceled", "expired"])
      .describe(
        "incomplete: the first payment is in progress; past_due: a renewal is not paid yet; canceled: the user ended it; expired: it was not paid.",
      ),
    method: z.object({
      type: z.literal("card"),
      brand: z.string(),
      last4: z.string(),
    }),
    current_period_start: z.iso.datetime().optional(),
    current_period_end: z.iso
      .datetime()
      .optional()
      .describe("The end of the last paid period."),
    cancel_at_period_end: z.boolean(),
    latest_payment_id: z.uuid().optional(),
    next_action: z
      .object({ type: z.literal("redirect"), url: z.string() })
      .optional()
      .describe(
        "If the latest payment waits for the customer: where to send them.",
      ),
    created_at: z.iso.datetime(),
    ended_at: z.iso.datetime().optional(),
  })
  .meta({ id: "Subscription" });

export function subscriptionJson(
  subscription: Subscription,
): z.infer<typeof SubscriptionJson> {
  const { periodStart, periodEnd, paymentId, nextActionUrl, endedAt } =
    subscription;
  return {
    id: subscription.id,
    user_id: subscription.userId,
    plan: subscription.plan,
    amount: Number(subscription.amount), // the database limits amounts to 2^53 - 1
    currency: subscription.currency,
    interval: subscription.period,
    status: subscription.status,
    method: {
      type: "card",
      brand: subscription.brand,
      last4: subscription.last4,
    },
    ...(periodStart && { current_period_start: periodStart.toISOString() }),
    ...(periodEnd && { current_period_end: periodEnd.toISOString() }),
    cancel_at_period_end: subscription.cancelAtPeriodEnd,
    ...(paymentId !== null && { latest_payment_id: paymentId }),
    ...(nextActionUrl !== null &&
      !endedAt && {
        next_action: { type: "redirect" as const, url: nextActionUrl },
      }),
    created_at: subscription.createdAt.toISOString(),
    ...(endedAt && { ended_at: endedAt.toISOString() }),
  };
}
