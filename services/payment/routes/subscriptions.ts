import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import {
  describePaymentMethod,
  PaymentMethod,
} from "../http/payment-method.ts";
import { Unpaid } from "../http/payment-responses.ts";
import { planIds } from "../subscriptions/plans.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import {
  SubscriptionJson,
  subscriptionJson,
} from "../subscriptions/subscription-json.ts";
import {
  findSubscription,
  subscriptionsOf,
} from "../subscriptions/subscription-repository.ts";
import { ReturnUrl } from "./pay.ts";

export const tags = ["subscriptions"];
export const security = ["bearer"];
export const Id = z.strictObject({ id: z.uuid() });
export const none = {
  401: "No valid access token.",
  404: "There is no such subscription, or it belongs to another user.",
};
export const chargeResponses = {
  202: {
    description:
      "The outcome is not known yet: send the customer to `next_action`, or poll GET /subscriptions/{id}.",
    schema: SubscriptionJson,
  },
  402: {
    description: "The payment was declined, and nothing was charged.",
    schema: Unpaid,
    type: "application/problem+json",
  },
};

const NewSubscription = z
  .strictObject({
    plan: z.enum(planIds).describe("See GET /plans."),
    method: PaymentMethod,
    return_url: ReturnUrl.optional(),
  })
  .meta({ id: "NewSubscription" });

const List = z
  .object({
    data: z.array(SubscriptionJson),
    has_more: z
      .boolean()
      .describe("There are older subscriptions: pass `before`."),
  })
  .meta({ id: "Subscriptions" });

/** POST, GET /subscriptions; GET /subscriptions/:id. */
export function subscriptionRoutes(api: Api, dependencies: Dependencies): void {
  subscribeRoute(api, dependencies);
  readRoutes(api, dependencies);
}

function subscribeRoute({ route }: Api, dependencies: Dependencies): void {
  const { payments, subscriptions, user, idempotent } = dependencies;
  route(
    {
      method: "post",
      path: "/subscriptions",
      summary: "Subscribe",
      description:
        "Charges the card for the first period, exactly once, however often the request is sent with the same Idempotency-Key. A subscription whose first payment fails ends at once. A user has at most one live subscription.",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { json: NewSubscription },
      responses: {
        201: { description: "Paid.", schema: SubscriptionJson },
        ...chargeResponses,
        ...idempotentResponses,
        401: none[401],
        409: "A request with this Idempotency-Key is in flight, or the user has a live subscription.",
      },
    },
    user,
    idempotent,
    async (c) => {
      const { plan, method, return_url } = c.req.valid("json");
      const request = c.get("idempotentRequest");
      const stored = await payments.findStoredResponse(request);
      if (stored) return sendResponse(c, stored);
      const subscription = {
        userId: c.get("user").userId,
        plan,
        method: await describePaymentMethod(payments.processor, method),
        returnUrl: return_url,
      };
      return sendResponse(
        c,
        await payments.runIdempotent(request, "subscribe", (tx, newRequest) =>
          subscriptions.subscribe(tx, subscription, newRequest),
        ),
      );
    },
  );
}

function readRoutes({ route }: Api, dependencies: Dependencies): void {
  const { database, user, userOrOperator } = dependencies;

  route(
    {
      method: "get",
      path: "/subscriptions",
      summary: "List your subscriptions, newest first",
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
            .describe("Page size."),
          before: z
            .uuid()
            .optional()
            .describe("The id of the last subscription of the previous page."),
        }),
      },
      responses: {
        200: { description: "A page.", schema: List },
        401: none[401],
      },
    },
    user,
    async (c) => {
      const { limit, before } = c.req.valid("query");
      const { userId } = c.get("user");
      const found = await subscriptionsOf(database, userId, limit + 1, before);
      const data = found.slice(0, limit).map(subscriptionJson);
      return c.json({ data, has_more: found.length > limit }, 200);
    },
  );

  route(
    {
      method: "get",
      path: "/subscriptions/:id",
      summary: "Get a subscription",
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
      return c.json(
        subscriptionJson(own(found, id, c.get("user")?.userId)),
        200,
      );
    },
  );
}

/**
 * Returns a subscription if it belongs to the user.
 * @param userId @default any: operators see all subscriptions
 * @throws HTTPException 404, also for subscriptions of others: their existence is not revealed
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
