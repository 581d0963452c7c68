import type { Api } from "@marquee/service-kit";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import { json } from "../http/payment-responses.ts";
import { createSealedResponses, enabled, found } from "./endpoint-responses.ts";
import { tags, type WebhookDependencies } from "./webhook-endpoints.ts";
import {
  EndpointWithSecret,
  Id,
  notOperator,
  Rotation,
  security,
  TestSent,
} from "./webhook-schemas.ts";

/** POST /webhook-endpoints/:id/rotate and /test. */
export function webhookEndpointActionRoutes(
  { route }: Api,
  { payments, endpoints, outbox, operator, idempotent }: WebhookDependencies,
): void {
  const { sealed, unsealed } = createSealedResponses(endpoints);

  route(
    {
      method: "post",
      path: "/webhook-endpoints/:id/rotate",
      summary: "Rotate a webhook endpoint's secret",
      description:
        "Both secrets sign during the overlap. If there are two already, the older one expires at once.",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id, json: Rotation },
      responses: {
        200: {
          description: "The endpoint with its new secret.",
          schema: EndpointWithSecret,
        },
        401: notOperator,
        ...idempotentResponses,
      },
    },
    operator,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const { overlap } = c.req.valid("json");
      const answer = await payments.runIdempotentInTransaction(
        c.get("idempotentRequest"),
        async (tx) =>
          sealed(200, found(await endpoints.rotate(tx, id, overlap))),
      );
      return sendResponse(c, unsealed(answer));
    },
  );

  route(
    {
      method: "post",
      path: "/webhook-endpoints/:id/test",
      summary: "Send a test event to a webhook endpoint",
      description:
        "Sends webhook.test, whatever types the endpoint subscribed to. GET /events/{event_id} shows its delivery.",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id },
      responses: {
        202: { description: "The test event is pending.", schema: TestSent },
        401: notOperator,
        ...idempotentResponses,
      },
    },
    operator,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const answer = await payments.runIdempotentInTransaction(
        c.get("idempotentRequest"),
        async (tx) => {
          const sent = enabled(await endpoints.sendTest(tx, id));
          const body = {
            event_id: sent.eventId,
            delivery_id: `${sent.deliveryId}`,
          };
          return json(202, body);
        },
      );
      outbox.wake();
      return sendResponse(c, answer);
    },
  );
}
