/** What can happen, as consumers know it. A type once published keeps its name and what its data mean. */
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

/** Nothing happened: it goes to one endpoint, whatever types that has, because an operator wants to see whether it arrives. */
export const testType = "webhook.test";
