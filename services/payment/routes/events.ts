import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import { json } from "../http/payment-responses.ts";
import {
  deliveriesOf,
  deliveryStates,
  listDeliveries,
  redeliver,
} from "../outbox/deliveries.ts";
import { findEvent, listEvents } from "../outbox/event-repository.ts";
import { disabled } from "./endpoint-responses.ts";
import type { WebhookDependencies } from "./webhook-endpoints.ts";
import {
  DeliveryId,
  DeliveryJson,
  DeliveryPage,
  deliveryJson,
  EventPage,
  EventWithDeliveries,
  eventJson,
  limit,
  notOperator,
  security,
} from "./webhook-schemas.ts";

const tags = ["events"];

/** /events and /webhook-deliveries. */
export function eventRoutes(
  { route }: Api,
  { database, payments, outbox, operator, idempotent }: WebhookDependencies,
): void {
  route(
    {
      method: "get",
      path: "/events",
      summary: "List events",
      description: "Newest first. Events are kept for at least 30 days.",
      tags,
      security,
      request: {
        query: z.strictObject({
          type: z.string().optional().describe("Only events of this type."),
          before: z
            .uuid()
            .optional()
            .describe("The id of the last event of the previous page."),
          limit,
        }),
      },
      responses: {
        200: { description: "A page.", schema: EventPage },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const { limit, ...query } = c.req.valid("query");
      const events = await listEvents(database, { ...query, limit: limit + 1 });
      const data = events.slice(0, limit).map(eventJson);
      return c.json({ data, has_more: events.length > limit }, 200);
    },
  );

  route(
    {
      method: "get",
      path: "/events/:id",
      summary: "Get an event and its deliveries",
      tags,
      security,
      request: { param: z.strictObject({ id: z.uuid() }) },
      responses: {
        200: { description: "The event.", schema: EventWithDeliveries },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const event = await findEvent(database, c.req.valid("param").id);
      if (!event)
        throw new HTTPException(404, { message: "There is no such event." });
      const deliveries = await deliveriesOf(database, event.id);
      return c.json(
        {
          ...eventJson(event),
          deliveries: deliveries.map(deliveryJson),
        },
        200,
      );
    },
  );

  route(
    {
      method: "get",
      path: "/webhook-deliveries",
      summary: "List deliveries",
      description:
        "Newest first. `?state=dead` lists deliveries that ran out of attempts.",
      tags,
      security,
      request: {
        query: z.strictObject({
          state: z.enum(deliveryStates).optional(),
          endpoint_id: z.uuid().optional(),
          before: DeliveryId.optional().describe(
            "The id of the last delivery of the previous page.",
          ),
          limit,
        }),
      },
      responses: {
        200: { description: "A page.", schema: DeliveryPage },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const { state, endpoint_id, before, limit } = c.req.valid("query");
      const deliveries = await listDeliveries(database, {
        state,
        endpointId: endpoint_id,
        before: before === undefined ? undefined : BigInt(before),
        limit: limit + 1,
      });
      const data = deliveries.slice(0, limit).map(deliveryJson);
      return c.json({ data, has_more: deliveries.length > limit }, 200);
    },
  );

  route(
    {
      method: "post",
      path: "/webhook-deliveries/:id/redeliver",
      summary: "Redeliver an event",
      description:
        "Delivers at once with the same `webhook-id`, whether the delivery is dead, delivered or waiting. If that fails, the retry schedule starts over.",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: z.strictObject({ id: DeliveryId }) },
      responses: {
        202: { description: "The delivery is pending.", schema: DeliveryJson },
        401: notOperator,
        ...idempotentResponses,
      },
    },
    operator,
    idempotent,
    async (c) => {
      const id = BigInt(c.req.valid("param").id);
      const answer = await payments.runIdempotentInTransaction(
        c.get("idempotentRequest"),
        async (tx) => {
          const delivery = await redeliver(tx, id);
          if (delivery === "disabled") throw disabled();
          if (delivery) return json(202, deliveryJson(delivery));
          throw new HTTPException(404, {
            message: "There is no such delivery.",
          });
        },
      );
      outbox.wake();
      return sendResponse(c, answer);
    },
  );
}
