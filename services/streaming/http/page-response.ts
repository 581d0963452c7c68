import { factory, type Html, type ServiceEnv } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { rethrowAsHttp } from "./errors.ts";

export type PageContext = Context<ServiceEnv>;

/** Sends a page. Pages are user-specific, so no cache may store them. */
export function showPage(
  c: PageContext,
  page: Html,
  status: ContentfulStatusCode = 200,
) {
  c.header("cache-control", "no-store");
  return c.html(page, status);
}

const pageAccessErrors = {
  notSignedIn: [401, "Sign in to watch."],
  notEntitled: [403, "Watching needs a membership."],
  notFound: [404, "There is no such page or title."],
} as const;

/** The viewer may not see the page. Browsers get the text from `refusals` in pages/message.ts. */
export class PageAccessError extends HTTPException {
  override readonly name = "PageAccessError";
  readonly reason: keyof typeof pageAccessErrors;

  constructor(why: keyof typeof pageAccessErrors) {
    const [status, message] = pageAccessErrors[why];
    super(status, { message });
    this.reason = why;
  }
}

/** Creates an app for pages. The service renders its errors with http/error-page.ts. */
export function createPageApp() {
  const app = factory.createApp();
  app.onError(rethrowAsHttp);
  return app;
}
