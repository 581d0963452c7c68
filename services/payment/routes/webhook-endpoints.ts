import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import type * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import { json } from "../http/payment-responses.ts";
import type { StoredResponse } from "../idempotency/keys.ts";
import {
  type EndpointAndSecret,
  type Endpoints,
  maxEndpoints,
} from "../outbox/endpoints.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { IdempotentResponse, Payments } from "../payments/payments.ts";
import {
  EndpointJson,
  EndpointList,
  EndpointWithSecret,
  endpointInput,
  endpointJson,
  howToVerify,
  Id,
  notOperator,
  Rotation,
  security,
  TestSent,
} from "./webhook-schemas.ts";

/** What the webhook and event routes depend on. */
export interface WebhookDependencies
  extends Pick<Dependencies, "database" | "operator" | "idempotent"> {
  payments: Pick<Payments, "runIdempotentInTransaction">;
  endpoints: Endpoints;
  /** Woken when a delivery becomes due. */
  outbox: Pick<Outbox, "wake">;
}

const tags = ["webhooks"];

type EndpointBody = z.infer<typeof EndpointWithSecret>;

/** /webhook-endpoints. */
export function webhookEndpointRoutes(
  { route }: Api,
  { payments, endpoints, outbox, operator, idempotent }: WebhookDependencies,
): void {
  const { NewEndpoint, Change } = endpointInput(endpoints);

  /** Stored responses contain the encrypted secret. */
  const sealed = <Status extends number>(
    status: Status,
    of: EndpointAndSecret,
  ): StoredResponse<Status, EndpointBody> =>
    json(status, {
      ...endpointJson(of.endpoint),
      secret: endpoints.seal(of),
    });
  const unsealed = <Status extends number>({
    replayed,
    ...sealed
  }: IdempotentResponse<StoredResponse<Status, EndpointBody>>) => {
    const body = JSON.parse(sealed.body) as EndpointBody;
    const secret = endpoints.unseal(body.secret, body.id);
    return { ...json(sealed.status, { ...body, secret }), replayed };
  };

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
    async (c) => c.json({ data: (await endpoints.list()).map(endpointJson) }, 200),
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

const noEndpoint = () =>
  new HTTPException(404, { message: "There is no such webhook endpoint." });

function found<T>(endpoint: T | undefined): T {
  if (endpoint === undefined) throw noEndpoint();
  return endpoint;
}

/** Asserts that the endpoint exists and is enabled. */
function enabled<T>(what: T | "disabled" | undefined): T {
  if (what === "disabled") throw disabled();
  return found(what);
}

export const disabled = () =>
  new HTTPException(409, {
    message:
      'The endpoint is disabled. Enable it first: PATCH it with { "enabled": true }.',
  });
