import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import type { Dependencies } from "../dependencies.ts";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import { type Endpoints, maxEndpoints } from "../outbox/endpoints.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Payments } from "../payments/payments.ts";
import {
  createSealedResponses,
  found,
  noEndpoint,
} from "./endpoint-responses.ts";
import {
  EndpointJson,
  EndpointList,
  EndpointWithSecret,
  endpointInput,
  endpointJson,
  howToVerify,
  Id,
  notOperator,
  security,
} from "./webhook-schemas.ts";

/** Dependencies of the webhook and event routes. */
export interface WebhookDependencies
  extends Pick<Dependencies, "database" | "operator" | "idempotent"> {
  payments: Pick<Payments, "runIdempotentInTransaction">;
  endpoints: Endpoints;
  /** Woken when a delivery becomes due. */
  outbox: Pick<Outbox, "wake">;
}

export const tags = ["webhooks"];

/** POST, GET /webhook-endpoints; GET, PATCH, DELETE /webhook-endpoints/:id. */
export function webhookEndpointRoutes(
  { route }: Api,
  { payments, endpoints, outbox, operator, idempotent }: WebhookDependencies,
): void {
  const { NewEndpoint, Change } = endpointInput(endpoints);
  const { sealed, unsealed } = createSealedResponses(endpoints);

  route(
    {
      method: "post",
      path: "/webhook-endpoints",
      summary: "Add a webhook endpoint",
      description: howToVerify,
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { json: NewEndpoint },
      responses: {
        201: { description: "Added.", schema: EndpointWithSecret },
        401: notOperator,
        ...idempotentResponses,
      },
    },
    operator,
    idempotent,
    async (c) => {
      const endpoint = c.req.valid("json");
      const answer = await payments.runIdempotentInTransaction(
        c.get("idempotentRequest"),
        async (tx) => {
          const added = await endpoints.add(tx, endpoint);
          if (added) return sealed(201, added);
          throw new HTTPException(409, {
            message: `The maximum of ${maxEndpoints} webhook endpoints is reached: remove one first.`,
          });
        },
      );
      return sendResponse(c, unsealed(answer));
    },
  );

  route(
    {
      method: "get",
      path: "/webhook-endpoints",
      summary: "List webhook endpoints",
      tags,
      security,
      responses: {
        200: {
          description: "All endpoints, oldest first.",
          schema: EndpointList,
        },
        401: notOperator,
      },
    },
    operator,
    async (c) =>
      c.json({ data: (await endpoints.list()).map(endpointJson) }, 200),
  );

  route(
    {
      method: "get",
      path: "/webhook-endpoints/:id",
      summary: "Get a webhook endpoint",
      tags,
      security,
      request: { param: Id },
      responses: {
        200: { description: "The endpoint.", schema: EndpointJson },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const { id } = c.req.valid("param");
      return c.json(endpointJson(found(await endpoints.find(id))), 200);
    },
  );

  route(
    {
      method: "patch",
      path: "/webhook-endpoints/:id",
      summary: "Change a webhook endpoint",
      description:
        "While an endpoint is disabled, its pending deliveries wait. New events are not delivered to it; read them at GET /events.",
      tags,
      security,
      request: { param: Id, json: Change },
      responses: {
        200: { description: "The changed endpoint.", schema: EndpointJson },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const { id } = c.req.valid("param");
      const changed = await endpoints.change(id, c.req.valid("json"));
      outbox.wake();
      return c.json(endpointJson(found(changed)), 200);
    },
  );

  route(
    {
      method: "delete",
      path: "/webhook-endpoints/:id",
      summary: "Remove a webhook endpoint and its deliveries",
      tags,
      security,
      request: { param: Id },
      responses: { 204: "Removed.", 401: notOperator },
    },
    operator,
    async (c) => {
      const { id } = c.req.valid("param");
      if (!(await endpoints.remove(id))) throw noEndpoint();
      return c.body(null, 204);
    },
  );
}
