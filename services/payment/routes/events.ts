import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import { answered, KeyHeader, keyedResponses } from "../http/idempotency.ts";
import {
  deliveriesOf,
  deliveryStates,
  listDeliveries,
  redeliver,
} from "../outbox/deliveries.ts";
import { findEvent, listEvents } from "../outbox/event-repository.ts";
import { disabled, type WebhookParts } from "./webhook-endpoints.ts";
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

/** /events: what happened; /webhook-deliveries: what became of telling it. */
export function eventRoutes(
  { route }: Api,
  { database, payments, outbox, operator, keyed }: WebhookParts,
): void {
  route(
    {
      method: "get",
      path: "/events",
      summary: "List what happened",
      description: "The newest first. Events are kept for 30 days at least.",
      tags,
      security,
      request: {
        query: z.strictObject({
          type: z.string().optional().describe("Only those."),
          before: z
            .uuid()
            .optional()
            .describe("The id of the last one that is known."),
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
      return c.json({ data, has_more: events.length > limit });
    },
  );

  route(
    {
      method: "get",
      path: "/events/:id",
      summary: "Show an event, and what became of its deliveries",
      tags,
      security,
      request: { param: z.strictObject({ id: z.uuid() }) },
      responses: {
        200: { description: "It.", schema: EventWithDeliveries },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const event = await findEvent(database, c.req.valid("param").id);
      if (!event)
        throw new HTTPException(404, { message: "There is no such event." });
      const deliveries = await deliveriesOf(database, event.id);
      return c.json({
        ...eventJson(event),
        deliveries: deliveries.map(deliveryJson),
      });
    },
  );

  route(
    {
      method: "get",
      path: "/webhook-deliveries",
      summary: "List deliveries",
      description:
        "The newest first. `?state=dead` are those that were given up.",
      tags,
      security,
      request: {
        query: z.strictObject({
          state: z.enum(deliveryStates).optional(),
          endpoint_id: z.uuid().optional(),
          before: DeliveryId.optional().describe(
            "The id of the last one that is known.",
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
      return c.json({ data, has_more: deliveries.length > limit });
    },
  );

  route(
    {
      method: "post",
      path: "/webhook-deliveries/:id/redeliver",
      summary: "Deliver again",
      description:
        "At once, whether it is dead, was delivered or waits for longer; with the same `webhook-id`. If it fails, it comes again by the schedule from its start.",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { param: z.strictObject({ id: DeliveryId }) },
      responses: {
        202: { description: "It is on its way.", schema: DeliveryJson },
        401: notOperator,
        ...keyedResponses,
      },
    },
    operator,
    keyed,
    async (c) => {
      const id = BigInt(c.req.valid("param").id);
      const answer = await payments.once(c.get("keyed"), async (tx) => {
        const delivery = await redeliver(tx, id);
        if (delivery === "disabled") throw disabled();
        if (delivery)
          return { status: 202, body: JSON.stringify(deliveryJson(delivery)) };
        throw new HTTPException(404, { message: "There is no such delivery." });
      });
      outbox.wake();
      return answered(c, answer);
    },
  );
}
