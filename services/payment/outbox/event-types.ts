/** Event types. The name of a published type and the meaning of its data never change. */
export const eventTypes = [
  "payment.succeeded",
  "payment.declined",
  "payment.canceled",
  "payment.requires_action",
  "refund.succeeded",
  "refund.failed",
  "subscription.created",
  "subscription.renewed",
  "subscription.past_due",
  "subscription.canceled",
  "subscription.expired",
] as const;

export type EventType = (typeof eventTypes)[number];

/** Sent to a single endpoint on an operator's request, to test it. */
export const testType = "webhook.test";
