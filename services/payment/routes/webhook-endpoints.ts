import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import type { Parts } from "../dependencies.ts";
import { answered, KeyHeader, keyedResponses } from "../http/idempotency.ts";
import type { Answer } from "../idempotency/keys.ts";
import {
  type Endpoints,
  mostEndpoints,
  type WithSecret,
} from "../outbox/endpoints.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Answered, Payments } from "../payments/payments.ts";
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

/** What the routes of webhooks work with. */
export interface WebhookParts
  extends Pick<Parts, "database" | "operator" | "keyed"> {
  payments: Pick<Payments, "once">;
  endpoints: Endpoints;
  /** Woken when there is something to deliver. */
  outbox: Pick<Outbox, "wake">;
}

const tags = ["webhooks"];

/** /webhook-endpoints: who gets events. */
export function webhookEndpointRoutes(
  { route }: Api,
  { payments, endpoints, outbox, operator, keyed }: WebhookParts,
): void {
  const { NewEndpoint, Change } = endpointInput(endpoints);

  /** What is kept of an answer has the secret sealed. */
  const sealed = (status: number, of: WithSecret): Answer => ({
    status,
    body: JSON.stringify({
      ...endpointJson(of.endpoint),
      secret: endpoints.seal(of),
    }),
  });
  const unsealed = (answer: Answered): Answered => {
    const body = JSON.parse(answer.body) as { id: string; secret: string };
    const secret = endpoints.unseal(body.secret, body.id);
    return { ...answer, body: JSON.stringify({ ...body, secret }) };
  };

  route(
    {
      method: "post",
      path: "/webhook-endpoints",
      summary: "Have events delivered to a URL",
      description: howToVerify,
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { json: NewEndpoint },
      responses: {
        201: { description: "Added.", schema: EndpointWithSecret },
        401: notOperator,
        ...keyedResponses,
      },
    },
    operator,
    keyed,
    async (c) => {
      const endpoint = c.req.valid("json");
      const answer = await payments.once(c.get("keyed"), async (tx) => {
        const added = await endpoints.add(tx, endpoint);
        if (added) return sealed(201, added);
        throw new HTTPException(409, {
          message: `There are ${mostEndpoints} webhook endpoints already: remove one first.`,
        });
      });
      return answered(c, unsealed(answer));
    },
  );

  route(
    {
      method: "get",
      path: "/webhook-endpoints",
      summary: "List who gets events",
      tags,
      security,
      responses: {
        200: { description: "All, the oldest first.", schema: EndpointList },
        401: notOperator,
      },
    },
    operator,
    async (c) => c.json({ data: (await endpoints.list()).map(endpointJson) }),
  );

  route(
    {
      method: "get",
      path: "/webhook-endpoints/:id",
      summary: "Show an endpoint",
      tags,
      security,
      request: { param: Id },
      responses: {
        200: { description: "It.", schema: EndpointJson },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const { id } = c.req.valid("param");
      return c.json(endpointJson(found(await endpoints.find(id))));
    },
  );

  route(
    {
      method: "patch",
      path: "/webhook-endpoints/:id",
      summary: "Change an endpoint",
      description:
        "While it is disabled, what was on its way to it waits; what happens meanwhile is not for it, and can be read at GET /events.",
      tags,
      security,
      request: { param: Id, json: Change },
      responses: {
        200: { description: "As it is now.", schema: EndpointJson },
        401: notOperator,
      },
    },
    operator,
    async (c) => {
      const { id } = c.req.valid("param");
      const changed = await endpoints.change(id, c.req.valid("json"));
      outbox.wake();
      return c.json(endpointJson(found(changed)));
    },
  );

  route(
    {
      method: "delete",
      path: "/webhook-endpoints/:id",
      summary: "Remove an endpoint, and all deliveries to it",
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
      summary: "Give an endpoint another secret",
      description:
        "For a while both sign. If there are two already, the older one signs no more.",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { param: Id, json: Rotation },
      responses: {
        200: { description: "The new secret.", schema: EndpointWithSecret },
        401: notOperator,
        ...keyedResponses,
      },
    },
    operator,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const { overlap } = c.req.valid("json");
      const answer = await payments.once(c.get("keyed"), async (tx) =>
        sealed(200, found(await endpoints.rotate(tx, id, overlap))),
      );
      return answered(c, unsealed(answer));
    },
  );

  route(
    {
      method: "post",
      path: "/webhook-endpoints/:id/test",
      summary: "Send an endpoint a test event",
      description:
        "Of type webhook.test, whatever types it has; GET /events/{event_id} shows what became of it.",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { param: Id },
      responses: {
        202: { description: "It is on its way.", schema: TestSent },
        401: notOperator,
        ...keyedResponses,
      },
    },
    operator,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const answer = await payments.once(c.get("keyed"), async (tx) => {
        const sent = enabled(await endpoints.sendTest(tx, id));
        const body = {
          event_id: sent.eventId,
          delivery_id: `${sent.deliveryId}`,
        };
        return { status: 202, body: JSON.stringify(body) };
      });
      outbox.wake();
      return answered(c, answer);
    },
  );
}

const noEndpoint = () =>
  new HTTPException(404, { message: "There is no such webhook endpoint." });

function found<T>(endpoint: T | undefined): T {
  if (endpoint === undefined) throw noEndpoint();
  return endpoint;
}

/** What there is, unless the endpoint is disabled. */
function enabled<T>(what: T | "disabled" | undefined): T {
  if (what === "disabled") throw disabled();
  return found(what);
}

export const disabled = () =>
  new HTTPException(409, {
    message:
      'Its endpoint is disabled, and gets nothing: enable it first, by PATCH with { "enabled": true }.',
  });
