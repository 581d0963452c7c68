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

/** An error of the domain's as HTTP has it; others as they are. */
export const asHttp = (error: Error): Error =>
  error instanceof MediaAway || error instanceof MediaChanged
    ? new StoreAway(error)
    : error;

/** The domain's errors as HTTP has them; the runtime makes problems of them. */
export function onApiError(error: Error): never {
  throw asHttp(error);
}
