import { HTTPException } from "hono/http-exception";
import {
  AccessTokenRejectedError,
  PaymentUnavailableError,
} from "../clients/errors.ts";
import {
  MediaChangedError,
  MediaUnavailableError,
} from "../media/media-store.ts";

/** The only place that maps domain errors to HTTP errors, which keep them as `cause`. Other errors pass through. */
export function asHttp(error: Error): Error {
  if (
    error instanceof MediaUnavailableError ||
    error instanceof MediaChangedError
  )
    return unavailable(
      "The titles are unavailable right now. Try again shortly.",
      error,
    );
  if (error instanceof PaymentUnavailableError)
    return unavailable(error.message, error);
  if (error instanceof AccessTokenRejectedError)
    return new HTTPException(error.status, {
      message: error.message,
      cause: error,
    });
  return error;
}

/** Matches the time after which payment's circuit breaker lets a request through. */
const retryAfterSeconds = 5;

const unavailable = (message: string, cause: Error) =>
  new HTTPException(503, {
    message,
    cause,
    res: new Response(null, {
      headers: { "retry-after": `${retryAfterSeconds}` },
    }),
  });

/** For `app.onError`: rethrows domain errors as HTTP errors, which the service renders as problems or pages. */
export function rethrowAsHttp(error: Error): never {
  throw asHttp(error);
}
