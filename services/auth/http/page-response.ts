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

/** Answers with a page. */
export const renderPage = (
  c: PageContext,
  page: Page,
  status: ContentfulStatusCode = 200,
) => {
  const nonce = c.get("secureHeadersNonce");
  return c.html(layout(page, { inSite: isInSite(c), nonce }), status);
};

/** An app for pages. Its errors are rendered by the runtime. */
export function createPageApp() {
  const app = factory.createApp();
  app.onError((error) => {
    throw toHttpError(error);
  });
  return app;
}

/**
 * Shows a form again that can't be processed now, because there were too many attempts or the database is unavailable. Other errors
 * are rethrown.
 * @param page the form's page, with a sentence to show above the form
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
