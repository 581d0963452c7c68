import { HTTPException } from "hono/http-exception";
import {
  AuthUnavailableError,
  InvalidTokenError,
  MissingTokenError,
} from "../access-token/errors.ts";
import { DatabaseUnavailableError } from "../database/errors.ts";

/** The HTTP errors of the kit's domain errors. Other errors are returned unchanged. */
export function asHttpError(error: Error): Error {
  if (
    error instanceof DatabaseUnavailableError ||
    error instanceof AuthUnavailableError
  )
    return httpError(503, error, { "retry-after": "1" }); // seconds
  if (error instanceof InvalidTokenError)
    return httpError(401, error, {
      "www-authenticate": `${challenge}, error="invalid_token", error_description="${error.message}"`,
    });
  // Without credentials a challenge has no error code: RFC 6750, 3.1.
  if (error instanceof MissingTokenError)
    return httpError(401, error, { "www-authenticate": challenge });
  return error;
}

/** The scheme needs a parameter (RFC 6750, 3). */
const challenge = 'Bearer realm="marquee"';

const httpError = (
  status: 401 | 503,
  cause: Error,
  headers: Record<string, string>,
): HTTPException =>
  new HTTPException(status, {
    message: cause.message,
    cause,
    res: new Response(null, { headers }),
  });
