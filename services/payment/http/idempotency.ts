import { createHmac } from "node:crypto";
import { deriveKey, problem } from "@marquee/service-kit";
import type { Context, MiddlewareHandler, TypedResponse } from "hono";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import type { JSONParsed } from "hono/utils/types";
import * as z from "zod";
import type { IdempotentRequest, StoredResponse } from "../idempotency/keys.ts";
import type { IdempotentResponse } from "../payments/payments.ts";

/** Context variables of routes that require an Idempotency-Key. */
export interface Idempotent {
  Variables: {
    idempotentRequest: IdempotentRequest;
    /** The token's owner; absent when an operator calls. */
    user?: { userId: string };
  };
}

/** For the OpenAPI document only: the middleware itself rejects invalid keys. */
export const IdempotencyKeyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]+$/)
    .describe(
      "Unique per operation, such as a UUID; send the same key when retrying. Kept for at least 24 hours.",
    ),
});

/** The error responses that every route with an Idempotency-Key has. */
export const idempotentResponses = {
  400: "The Idempotency-Key is missing or invalid, or the body can't be parsed.",
  409: "A request with this Idempotency-Key is in flight, or the operation conflicts with the current state.",
  422: "The request is invalid: `errors` lists the fields; or this Idempotency-Key was used for another request.",
} as const;

/**
 * Requires an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), and describes the request in the context.
 * Must run after authentication. Responds with 400 if the key is missing or invalid.
 * @param secret the value of KEY_ENCRYPTION_KEY: bodies may contain card numbers, which an unkeyed hash would reveal
 */
export function createIdempotency(
  secret: string,
): MiddlewareHandler<Idempotent> {
  const fingerprintKey = deriveKey(
    secret,
    "marquee payment: idempotency fingerprints",
  );
  return async (c, next) => {
    const header = c.req.header("idempotency-key");
    if (header === undefined)
      return problem(
        c,
        400,
        "Send an Idempotency-Key: a unique one, such as a UUID, per operation, and the same one when retrying.",
      );
    // The draft quotes the key (an RFC 8941 String); Stripe and most others send it bare.
    const key = /^"([^"\\]*)"$/.exec(header)?.[1] ?? header;
    if (!/^[\x21-\x7e]{1,255}$/.test(key))
      return problem(
        c,
        400,
        "The Idempotency-Key is invalid: expected 1 to 255 printable ASCII characters without spaces.",
      );
    const body = Buffer.from(await c.req.arrayBuffer());
    const fingerprint = createHmac("sha256", fingerprintKey)
      .update(`${c.req.method} ${c.req.path}\n`)
      .update(body)
      .digest();
    const scope = c.get("user")?.userId ?? "operator";
    c.set("idempotentRequest", { scope, key, fingerprint });
    return next();
  };
}

/**
 * The type of a stored response when it is sent. The status of a replay is unknown to the compiler, so that it matches
 * every declared response; it was checked when it was first sent.
 */
type SentResponse<R> =
  R extends StoredResponse<infer Status, infer Body>
    ? Response &
        (number extends Status
          ? TypedResponse<never, never, never>
          : TypedResponse<JSONParsed<Body>, Status & StatusCode, "json">)
    : never;

/** Sends a stored response, new or replayed. */
export function sendResponse<R extends StoredResponse>(
  c: Context,
  { status, body, replayed }: IdempotentResponse<R>,
): SentResponse<R> {
  if (replayed) c.header("idempotency-replayed", "true");
  const type = status >= 400 ? "application/problem+json" : "application/json";
  const response: Response = c.body(body, status as ContentfulStatusCode, {
    "content-type": type,
  });
  return response as SentResponse<R>;
}
