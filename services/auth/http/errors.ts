import { asHttpError, problem } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { EmailTakenError, ValidationError } from "../accounts/accounts.ts";
import { OverloadedError } from "../passwords/semaphore.ts";
import { TooManyAttemptsError } from "../rate-limits/rate-limiter.ts";
import { InvalidTokenError } from "../tokens/token-issuer.ts";

/** An HTTPException with headers, which the service kit copies to the response. */
export const httpError = (
  status: 401 | 409 | 429 | 503,
  message: string,
  headers: Record<string, string> = {},
): HTTPException =>
  new HTTPException(status, { message, res: new Response(null, { headers }) });

/**
 * Maps auth's domain errors and the service kit's to HTTP. Other errors are returned unchanged, such as
 * ValidationError, which forms and the API report field by field.
 */
export function toHttpError(error: Error): Error {
  const { message } = error;
  if (error instanceof EmailTakenError) return httpError(409, message);
  if (error instanceof InvalidTokenError)
    return httpError(401, message, {
      "www-authenticate": `Bearer error="invalid_token", error_description="${message}"`,
    });
  if (error instanceof TooManyAttemptsError || error instanceof OverloadedError)
    return httpError(error instanceof OverloadedError ? 503 : 429, message, {
      "retry-after": `${error.retryAfterSeconds}`,
    });
  return asHttpError(error);
}

/** The API's error handler. The service kit handles the errors that this rethrows. */
export function onApiError(error: Error, c: Context): Response {
  if (error instanceof ValidationError) return validationProblem(c, error);
  throw toHttpError(error);
}

/** The API's response to an invalid email address or password.
 * @param pointers JSON pointers of the fields in the request. @default `/${field}`
 */
export const validationProblem = (
  c: Context,
  { message, issues }: ValidationError,
  pointers: { email?: string; password?: string } = {},
) =>
  problem(c, 422, message, {
    errors: issues.map(({ field, detail }) => ({
      pointer: pointers[field] ?? `/${field}`,
      detail,
    })),
  });
