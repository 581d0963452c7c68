import { HTTPException } from "hono/http-exception";
import { MediaAway, MediaChanged } from "../media/media-store.ts";

/** The store of titles does not answer, or has just got another file: 503 with Retry-After. */
export class StoreAway extends HTTPException {
  override readonly name = "StoreAway";

  constructor(cause: unknown) {
    super(503, {
      message: "The titles can't be reached now. Try again shortly.",
      cause,
      res: new Response(null, { headers: { "retry-after": "5" } }), // seconds
    });
  }
}

/** Maps domain errors to HTTP errors; other errors pass through. */
export const asHttp = (error: Error): Error =>
  error instanceof MediaAway || error instanceof MediaChanged
    ? new StoreAway(error)
    : error;

/** For `app.onError`: rethrows domain errors as HTTP errors, which the service renders as problems or pages. */
export function onApiError(error: Error): never {
  throw asHttp(error);
}
