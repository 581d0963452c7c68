import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import { answered, KeyHeader, keyedResponses } from "../http/idempotency.ts";
import { Method, readMethod } from "../http/payment-method.ts";
import { json } from "../http/payment-responses.ts";
import { lockSubscription } from "../subscriptions/subscription.ts";
import {
  SubscriptionJson,
  subscriptionJson,
} from "../subscriptions/subscription-json.ts";
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
  .strictObject({ method: Method, return_url: ReturnUrl.optional() })
  .meta({ id: "NewMethod" });

const Cancellation = z
  .strictObject({
    at: z
      .enum(["period_end", "now"])
      .default("period_end")
      .describe("Now: nothing of what was paid is given back."),
  })
  .meta({ id: "Cancellation" });

/** POST /subscriptions/:id/cancel, /resume and /method. */
export function subscriptionChangeRoutes(api: Api, parts: Parts): void {
  endRoutes(api, parts);
  methodRoute(api, parts);
}

function endRoutes({ route }: Api, parts: Parts): void {
  const { payments, subscriptions, user, keyed } = parts;

  route(
    {
      method: "post",
      path: "/subscriptions/:id/cancel",
      summary: "End a subscription at its period's end, or now",
      description:
        "One that is not paid (incomplete, past_due) ends now in any case. The access token of an account that was deleted is accepted until it expires.",
      tags,
      security: ["bearer", "operator"],
      middlewareHeaders: KeyHeader,
      request: { param: Id, json: Cancellation },
      responses: {
        200: {
          description: "Canceled, or about to be.",
          schema: SubscriptionJson,
        },
        ...none,
        ...keyedResponses,
      },
    },
    parts.formerUserOrOperator,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const { at } = c.req.valid("json");
      const userId = c.get("user")?.userId;
      const canceled = await payments.once(c.get("keyed"), async (tx) => {
        const subscription = own(await lockSubscription(tx, id), id, userId);
        const changed = await subscriptions.cancel(tx, subscription, at);
        return json(200, subscriptionJson(changed));
      });
      return answered(c, canceled);
    },
  );

  route(
    {
      method: "post",
      path: "/subscriptions/:id/resume",
      summary: "Take back a cancellation before the period ends",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { param: Id },
      responses: {
        200: { description: "It goes on.", schema: SubscriptionJson },
        ...none,
        ...keyedResponses,
        422: "This Idempotency-Key was used for another request.",
      },
    },
    user,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const { userId } = c.get("user");
      const resumed = await payments.once(c.get("keyed"), async (tx) => {
        const subscription = own(await lockSubscription(tx, id), id, userId);
        const changed = await subscriptions.resume(tx, subscription);
        return json(200, subscriptionJson(changed));
      });
      return answered(c, resumed);
    },
  );
}

function methodRoute({ route }: Api, parts: Parts): void {
  const { payments, subscriptions, user, keyed } = parts;
  route(
    {
      method: "post",
      path: "/subscriptions/:id/method",
      summary: "Pay with another card from now on",
      description:
        "One that is past due is charged at once. If that is declined, the card is kept, and tried again as any.",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { param: Id, json: NewMethod },
      responses: {
        200: {
          description: "Changed, and paid if it was past due.",
          schema: SubscriptionJson,
        },
        ...chargeResponses,
        ...none,
        ...keyedResponses,
      },
    },
    user,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const { method, return_url } = c.req.valid("json");
      const { userId } = c.get("user");
      const request = c.get("keyed");
      const known = await payments.known(request);
      if (known) return answered(c, known);
      const changed = {
        method: await readMethod(payments.processor, method),
        returnUrl: return_url,
      };
      const changing = payments.perform(
        request,
        "change subscription method",
        async (tx, attempt) => {
          const found = own(await lockSubscription(tx, id), id, userId);
          const begun = await subscriptions.changeMethod(
            tx,
            found,
            changed,
            attempt,
          );
          return "attempt" in begun
            ? begun
            : json(200, subscriptionJson(begun));
        },
      );
      return answered(c, await changing);
    },
  );
}
