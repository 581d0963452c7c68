import * as z from "zod";

// The parts of payment's responses that pages show. Unknown members are ignored, so that payment can add some.

const Card = z.object({ brand: z.string(), last4: z.string() });

/** URL that the payer must visit next. */
const Action = z.object({ url: z.string() });

export const PlanJson = z.object({
  id: z.string(),
  name: z.string(),
  amount: z.int(),
  currency: z.string(),
  interval: z.string(),
  includes: z.object({ resolution: z.string() }),
});
/** A subscription plan. Amounts are in the currency's smallest unit. */
export type Plan = z.infer<typeof PlanJson>;

export const SubscriptionJson = z.object({
  id: z.string(),
  plan: z.string(),
  amount: z.int(),
  currency: z.string(),
  interval: z.string(),
  status: z.enum(["incomplete", "active", "past_due", "canceled", "expired"]),
  method: Card,
  current_period_start: z.iso.datetime().optional(),
  current_period_end: z.iso.datetime().optional(),
  cancel_at_period_end: z.boolean(),
  next_action: Action.optional(),
  created_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
});
export type Subscription = z.infer<typeof SubscriptionJson>;

/** Whether the subscription has not ended. A user has at most one such subscription. */
export const isLive = ({ status }: Pick<Subscription, "status">): boolean =>
  status !== "canceled" && status !== "expired";

export const PaymentJson = z.object({
  id: z.string(),
  purpose: z.string(),
  amount: z.int(),
  currency: z.string(),
  status: z.enum([
    "requires_confirmation",
    "processing",
    "requires_action",
    "succeeded",
    "declined",
    "canceled",
  ] as const),
  method: Card,
  refunded: z.int(),
  next_action: Action.optional(),
  decline: z.object({ code: z.string(), message: z.string() }).optional(),
  created_at: z.iso.datetime(),
});
export type Payment = z.infer<typeof PaymentJson>;

/** A problem (RFC 9457) with payment's extension members. */
export const ProblemJson = z.object({
  detail: z.string(),
  code: z.string().optional(),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional(),
});

export const listSchema = <Entry extends z.ZodType>(entry: Entry) =>
  z
    .object({ data: z.array(entry), has_more: z.boolean().default(false) })
    .transform(({ data, has_more }) => ({ data, hasMore: has_more }));
