import { HTTPException } from "hono/http-exception";
import type * as z from "zod";
import { json } from "../http/payment-responses.ts";
import type { StoredResponse } from "../idempotency/keys.ts";
import type { EndpointAndSecret, Endpoints } from "../outbox/endpoints.ts";
import type { IdempotentResponse } from "../payments/payments.ts";
import { type EndpointWithSecret, endpointJson } from "./webhook-schemas.ts";

type EndpointBody = z.infer<typeof EndpointWithSecret>;

/** Responses with an endpoint's secret, which is stored encrypted. */
export function createSealedResponses(
  endpoints: Pick<Endpoints, "seal" | "unseal">,
) {
  /** The response to store. */
  const sealed = <Status extends number>(
    status: Status,
    of: EndpointAndSecret,
  ): StoredResponse<Status, EndpointBody> =>
    json(status, {
      ...endpointJson(of.endpoint),
      secret: endpoints.seal(of),
    });
  /** The response to send. */
  const unsealed = <Status extends number>({
    replayed,
    ...stored
  }: IdempotentResponse<StoredResponse<Status, EndpointBody>>) => {
    const body = JSON.parse(stored.body) as EndpointBody;
    const secret = endpoints.unseal(body.secret, body.id);
    return { ...json(stored.status, { ...body, secret }), replayed };
  };
  return { sealed, unsealed };
}

export const noEndpoint = () =>
  new HTTPException(404, { message: "There is no such webhook endpoint." });

/** Asserts that the endpoint exists. @throws HTTPException 404 */
export function found<T>(endpoint: T | undefined): T {
  if (endpoint === undefined) throw noEndpoint();
  return endpoint;
}

/** Asserts that the endpoint exists and is enabled. @throws HTTPException 404, 409 */
export function enabled<T>(what: T | "disabled" | undefined): T {
  if (what === "disabled") throw disabled();
  return found(what);
}

export const disabled = () =>
  new HTTPException(409, {
    message:
      'The endpoint is disabled. Enable it first: PATCH it with { "enabled": true }.',
  });
