import { createHmac } from "node:crypto";
import { problem } from "@marquee/service-kit";
import type { Context, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as z from "zod";
import type { KeyedRequest } from "../idempotency/keys.ts";
import type { Answered } from "../payments/payments.ts";
import { deriveKey } from "../secrets.ts";

/** What a route whose requests have keys finds in its context. */
export interface Keyed {
  Variables: {
    keyed: KeyedRequest;
    /** Whose token it is, where the caller is no operator. */
    user?: { userId: string };
  };
}

/** For the document: `keyed` answers for what is wrong with it. */
export const KeyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]+$/)
    .describe(
      "A new one for each thing that is to be done once, such as a UUID; the same one when it is sent again. Kept for 24 hours at least.",
    ),
});

/** How routes with keys are documented besides. */
export const keyedResponses = {
  400: "There is no Idempotency-Key, or the body can't be read.",
  409: "A request with this Idempotency-Key is in flight, or it can't be done now.",
  422: "It is not as expected, and `errors` says where; or this Idempotency-Key was used for another request.",
} as const;

/**
 * Lets through requests with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), and puts into the context whose
 * key it is and what the request is. Comes after the middleware that says who calls. 400 without a key, or with one that is none.
 * @param secret what KEY_ENCRYPTION_KEY holds: bodies may have card numbers, which a hash without a secret would give away
 */
export function createKeyed(secret: string): MiddlewareHandler<Keyed> {
  const fingerprints = deriveKey(secret, "idempotency fingerprints");
  return async (c, next) => {
    const given = c.req.header("idempotency-key");
    if (given === undefined)
      return problem(
        c,
        400,
        "Send an Idempotency-Key: a new one, such as a UUID, for each thing that is to be done once, and the same one when it is sent again.",
      );
    // The draft has it in quotes (a String of RFC 8941), Stripe and most others have it bare.
    const key = /^"([^"\\]*)"$/.exec(given)?.[1] ?? given;
    if (!/^[\x21-\x7e]{1,255}$/.test(key))
      return problem(
        c,
        400,
        "The Idempotency-Key is not as expected: 1 to 255 printable characters of ASCII, without spaces.",
      );
    const body = Buffer.from(await c.req.arrayBuffer());
    const fingerprint = createHmac("sha256", fingerprints)
      .update(`${c.req.method} ${c.req.path}\n`)
      .update(body)
      .digest();
    const scope = c.get("user")?.userId ?? "operator";
    c.set("keyed", { scope, key, fingerprint });
    return next();
  };
}

/** An answer that is kept, as it is, or as it was the first time. */
export function answered(
  c: Context,
  { status, body, replayed }: Answered,
): Response {
  if (replayed) c.header("idempotency-replayed", "true");
  const type = status >= 400 ? "application/problem+json" : "application/json";
  return c.body(body, status as ContentfulStatusCode, { "content-type": type });
}
