import type { Api } from "@marquee/service-kit";
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
import { json } from "../http/payment-responses.ts";
import {
  SubscriptionJson,
  subscriptionJson,
} from "../subscriptions/subscription-json.ts";
import { lockSubscription } from "../subscriptions/subscription-repository.ts";
import { ReturnUrl } from "./pay.ts";
import {
  chargeResponses,
  Id,
  none,
  own,
  security,
  tags,
} from "./subscriptions.ts";

const NewMethod = z
  .strictObject({ method: PaymentMethod, return_url: ReturnUrl.optional() })
  .meta({ id: "NewMethod" });

const Cancellation = z
  .strictObject({
    at: z
      .enum(["period_end", "now"])
      .default("period_end")
      .describe("now: without a refund."),
  })
  .meta({ id: "Cancellation" });

/** POST /subscriptions/:id/cancel, /resume and /method. */
export function subscriptionChangeRoutes(
  api: Api,
  dependencies: Dependencies,
): void {
  endRoutes(api, dependencies);
  methodRoute(api, dependencies);
}

function endRoutes({ route }: Api, dependencies: Dependencies): void {
  const { payments, subscriptions, user, idempotent } = dependencies;

  route(
    {
      method: "post",
      path: "/subscriptions/:id/cancel",
      summary: "Cancel a subscription at the end of its period, or now",
      description:
        "An unpaid subscription (incomplete, past_due) always ends now. The access token of a deleted account is accepted until it expires.",
      tags,
      security: ["bearer", "operator"],
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id, json: Cancellation },
      responses: {
        200: {
          description:
            "The subscription: canceled, or active until its period ends.",
          schema: SubscriptionJson,
        },
        ...none,
        ...idempotentResponses,
      },
    },
    dependencies.formerUserOrOperator,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const { at } = c.req.valid("json");
      const userId = c.get("user")?.userId;
      const canceled = await payments.runIdempotentInTransaction(
        c.get("idempotentRequest"),
        async (tx) => {
          const subscription = own(await lockSubscription(tx, id), id, userId);
          const changed = await subscriptions.cancel(tx, subscription, at);
          return json(200, subscriptionJson(changed));
        },
      );
      return sendResponse(c, canceled);
    },
  );

  route(
    {
      method: "post",
      path: "/subscriptions/:id/resume",
      summary: "Resume a canceled subscription before its period ends",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id },
      responses: {
        200: {
          description: "The subscription will be renewed.",
          schema: SubscriptionJson,
        },
        ...none,
        ...idempotentResponses,
        422: "This Idempotency-Key was used for another request.",
      },
    },
    user,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const { userId } = c.get("user");
      const resumed = await payments.runIdempotentInTransaction(
        c.get("idempotentRequest"),
        async (tx) => {
          const subscription = own(await lockSubscription(tx, id), id, userId);
          const changed = await subscriptions.resume(tx, subscription);
          return json(200, subscriptionJson(changed));
        },
      );
      return sendResponse(c, resumed);
    },
  );
}

function methodRoute({ route }: Api, dependencies: Dependencies): void {
  const { payments, subscriptions, user, idempotent } = dependencies;
  route(
    {
      method: "post",
      path: "/subscriptions/:id/method",
      summary: "Change the card",
      description:
        "A past due subscription is charged at once. If the new card is declined, it is kept and retried on the usual schedule.",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id, json: NewMethod },
      responses: {
        200: {
          description:
            "The card was changed, and charged if the subscription was past due.",
          schema: SubscriptionJson,
        },
        ...chargeResponses,
        ...none,
        ...idempotentResponses,
      },
    },
    user,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const { method, return_url } = c.req.valid("json");
      const { userId } = c.get("user");
      const request = c.get("idempotentRequest");
      const stored = await payments.findStoredResponse(request);
      if (stored) return sendResponse(c, stored);
      const changed = {
        method: await describePaymentMethod(payments.processor, method),
        returnUrl: return_url,
      };
      const changing = payments.runIdempotent(
        request,
        "change subscription method",
        async (tx, newRequest) => {
          const found = own(await lockSubscription(tx, id), id, userId);
          const started = await subscriptions.changeMethod(
            tx,
            found,
            changed,
            newRequest,
          );
          return "request" in started
            ? started
            : json(200, subscriptionJson(started));
        },
      );
      return sendResponse(c, await changing);
    },
  );
}
