import {
  factory,
  inWords,
  isInSite,
  retryInWords,
  type ServiceEnv,
} from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { layout, type Page } from "../pages/layout.ts";
import { toHttpError } from "./errors.ts";

export type PageContext = Context<ServiceEnv>;
export const renderPage = (
  c: PageContext,
  page: Page,
  status: ContentfulStatusCode = 200,
) => {
  const nonce = c.get("secureHeadersNonce");
  return c.html(layout(page, { inSite: isInSite(c), nonce }), status);
};

/** An app for pages. The service kit renders its errors. */
export function createPageApp() {
  const app = factory.createApp();
  app.onError((error) => {
    throw toHttpError(error);
  });
  return app;
}

/** Renders a form again after a temporary error (429 or 503), with a message to try again later. Rethrows other errors.
 * @param page the form's page with this alert
 */
export function renderRetryLater(
  c: PageContext,
  error: unknown,
  page: (alert: string) => Page,
) {
  const http = toHttpError(error as Error);
  if (!(http instanceof HTTPException) || ![429, 503].includes(http.status))
    throw error;
  const { status, message } = http;
  if (status >= 500) c.var.log.error({ err: error }, "request failed");
  const retryAfter = http.getResponse().headers.get("retry-after");
  if (retryAfter) c.header("retry-after", retryAfter);
  const { text } = inWords(status, message, retryInWords(retryAfter));
  return renderPage(c, page(text), status as ContentfulStatusCode);
}
