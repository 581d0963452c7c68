import { problem } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { EmailTaken, Unacceptable } from "../accounts/accounts.ts";
import { Busy } from "../passwords/semaphore.ts";
import { TooManyAttempts } from "../rate-limits/rate-limiter.ts";
import { InvalidToken } from "../tokens/access-tokens.ts";

/** An HTTPException with headers, which the runtime's onError passes on. */
export const httpError = (
  status: 401 | 409 | 429 | 503,
  message: string,
  headers: Record<string, string> = {},
): HTTPException =>
  new HTTPException(status, { message, res: new Response(null, { headers }) });

/**
 * The one place where the domain's errors become those of HTTP. Others stay as they are: DatabaseUnavailableError is one of HTTP already,
 * and Unacceptable is told field by field.
 */
export function asHttp(error: Error): Error {
  const { message } = error;
  if (error instanceof EmailTaken) return httpError(409, message);
  if (error instanceof InvalidToken)
    return httpError(401, message, {
      "www-authenticate": `Bearer error="invalid_token", error_description="${message}"`,
    });
  if (error instanceof TooManyAttempts || error instanceof Busy)
    return httpError(error instanceof Busy ? 503 : 429, message, {
      "retry-after": `${error.retryAfter}`,
    });
  return error;
}

/** For the API: a problem for each of the domain's errors. Others are the runtime's. */
export function onApiError(error: Error, c: Context): Response {
  if (error instanceof Unacceptable) return unacceptable(c, error);
  throw asHttp(error);
}

/**
 * The API's answer to an email address or a password that is not accepted.
 * @param pointers where the request has the fields
 */
export const unacceptable = (
  c: Context,
  { message, mistakes }: Unacceptable,
  pointers: { email?: string; password?: string } = {},
): Response =>
  problem(c, 422, message, {
    errors: mistakes.map(({ field, detail }) => ({
      pointer: pointers[field] ?? `/${field}`,
      detail,
    })),
  });
