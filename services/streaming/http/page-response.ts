import { factory, type Html, type ServiceEnv } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { onApiError } from "./errors.ts";

export type PageContext = Context<ServiceEnv>;

/** Sends a page. Pages are user-specific, so no cache may store them. */
export function show(
  c: PageContext,
  page: Html,
  status: ContentfulStatusCode = 200,
) {
  c.header("cache-control", "no-store");
  return c.html(page, status);
}

const refused = {
  notSignedIn: [401, "Sign in to watch."],
  notEntitled: [403, "Watching needs a membership."],
  notFound: [404, "There is no such page or title."],
} as const;

/** The viewer may not see the page. Browsers get the text from `refusals` in pages/message.ts. */
export class Refused extends HTTPException {
  override readonly name = "Refused";
  readonly why: keyof typeof refused;

  constructor(why: keyof typeof refused) {
    const [status, message] = refused[why];
    super(status, { message });
    this.why = why;
  }
}

/** Creates an app for pages. The service renders its errors with http/error-page.ts. */
export function createPages() {
  const app = factory.createApp();
  app.onError(onApiError);
  return app;
}
