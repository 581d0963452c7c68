import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import { answered, KeyHeader, keyedResponses } from "../http/idempotency.ts";
import { Method, readMethod } from "../http/payment-method.ts";
import { Unpaid } from "../http/payment-responses.ts";
import { planIds } from "../subscriptions/plans.ts";
import {
  findSubscription,
  type Subscription,
  subscriptionsOf,
} from "../subscriptions/subscription.ts";
import {
  SubscriptionJson,
  subscriptionJson,
} from "../subscriptions/subscription-json.ts";
import { ReturnUrl } from "./pay.ts";

export const tags = ["subscriptions"];
export const security = ["bearer"];
export const Id = z.strictObject({ id: z.uuid() });
export const none = {
  401: "No valid access token.",
  404: "There is none, or it is somebody else's.",
};
export const chargeResponses = {
  202: {
    description:
      "It is not known yet: `next_action` says where the person who pays is to go, or ask GET /subscriptions/{id}.",
    schema: SubscriptionJson,
  },
  402: {
    description: "It was declined, and nothing was charged.",
    schema: Unpaid,
    type: "application/problem+json",
  },
};

const NewSubscription = z
  .strictObject({
    plan: z.enum(planIds).describe("See GET /plans."),
    method: Method,
    return_url: ReturnUrl.optional(),
  })
  .meta({ id: "NewSubscription" });

const List = z
  .object({
    data: z.array(SubscriptionJson),
    has_more: z.boolean().describe("There are older ones: ask with `before`."),
  })
  .meta({ id: "Subscriptions" });

/** POST, GET /subscriptions; GET /subscriptions/:id. */
export function subscriptionRoutes(api: Api, parts: Parts): void {
  subscribeRoute(api, parts);
  readRoutes(api, parts);
}

function subscribeRoute({ route }: Api, parts: Parts): void {
  const { payments, subscriptions, user, keyed } = parts;
  route(
    {
      method: "post",
      path: "/subscriptions",
      summary: "Subscribe",
      description:
        "Charges the card for the first period, once, however often the request comes with the same Idempotency-Key. One whose first payment fails is over at once; nobody has two that are not over.",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { json: NewSubscription },
      responses: {
        201: { description: "Paid.", schema: SubscriptionJson },
        ...chargeResponses,
        ...keyedResponses,
        401: none[401],
        409: "A request with this Idempotency-Key is in flight, or there is a subscription already.",
      },
    },
    user,
    keyed,
    async (c) => {
      const { plan, method, return_url } = c.req.valid("json");
      const request = c.get("keyed");
      const known = await payments.known(request);
      if (known) return answered(c, known);
      const subscription = {
        userId: c.get("user").userId,
        plan,
        method: await readMethod(payments.processor, method),
        returnUrl: return_url,
      };
      return answered(
        c,
        await payments.perform(request, "subscribe", (tx, attempt) =>
          subscriptions.begin(tx, subscription, attempt),
        ),
      );
    },
  );
}

function readRoutes({ route }: Api, parts: Parts): void {
  const { database, user, userOrOperator } = parts;

  route(
    {
      method: "get",
      path: "/subscriptions",
      summary: "One's subscriptions, the newest first",
      tags,
      security,
      request: {
        query: z.strictObject({
          limit: z.coerce
            .number()
            .int()
            .min(1)
            .max(100)
            .default(20)
            .describe("How many at most."),
          before: z
            .uuid()
            .optional()
            .describe("The id of the last one that is known."),
        }),
      },
      responses: {
        200: { description: "Some of them.", schema: List },
        401: none[401],
      },
    },
    user,
    async (c) => {
      const { limit, before } = c.req.valid("query");
      const { userId } = c.get("user");
      const found = await subscriptionsOf(database, userId, limit + 1, before);
      const data = found.slice(0, limit).map(subscriptionJson);
      return c.json({ data, has_more: found.length > limit });
    },
  );

  route(
    {
      method: "get",
      path: "/subscriptions/:id",
      summary: "A subscription as it is now",
      tags,
      security: ["bearer", "operator"],
      request: { param: Id },
      responses: {
        200: { description: "The subscription.", schema: SubscriptionJson },
        ...none,
      },
    },
    userOrOperator,
    async (c) => {
      const { id } = c.req.valid("param");
      const found = await findSubscription(database, id);
      return c.json(subscriptionJson(own(found, id, c.get("user")?.userId)));
    },
  );
}

/**
 * A subscription, if it is the user's.
 * @param userId @default an operator asks, who sees all
 * @throws HTTPException 404: nobody learns whether somebody else has it
 */
export function own(
  subscription: Subscription | undefined,
  id: string,
  userId?: string,
): Subscription {
  if (subscription && (userId === undefined || subscription.userId === userId))
    return subscription;
  throw new HTTPException(404, { message: `There is no subscription ${id}.` });
}
