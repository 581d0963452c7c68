import { factory, type ServiceEnv } from "@marquee/runtime";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { layout, type Page } from "../pages/layout.ts";
import { type Message, messagePage } from "../pages/message.ts";
import { asHttp } from "./errors.ts";

export type PageContext = Context<ServiceEnv>;

/** Answers with a page. */
export const show = (
  c: PageContext,
  page: Page,
  status: ContentfulStatusCode = 200,
) => c.html(layout(page, c.get("secureHeadersNonce")), status);

/** An app for pages: what goes wrong in its routes is told as a page, too. */
export function createPages() {
  const app = factory.createApp();
  app.onError((error, c) => {
    const { status, ...message } = failure(c, error);
    return show(c, messagePage(message), status);
  });
  return app;
}

/**
 * Shows a form again that can't be done now, since too much is tried or the database is away. Other errors are thrown on.
 * @param page the form's page, with a sentence to show above the form
 */
export function showLater(
  c: PageContext,
  error: unknown,
  page: (alert: string) => Page,
) {
  const http = asHttp(error as Error);
  if (!(http instanceof HTTPException) || ![429, 503].includes(http.status))
    throw error;
  const { status, text } = failure(c, http);
  return show(c, page(text), status);
}

/** An error in words for people, with its status; headers are set, and what is our mistake is logged. */
function failure(
  c: PageContext,
  error: Error,
): Message & { status: ContentfulStatusCode } {
  const http = asHttp(error);
  const status = http instanceof HTTPException ? http.status : 500;
  if (status >= 500) c.var.log.error({ err: error }, "request failed");
  const retryAfter =
    http instanceof HTTPException
      ? http.getResponse().headers.get("retry-after")
      : null;
  if (retryAfter) c.header("retry-after", retryAfter);
  return {
    status: status as ContentfulStatusCode,
    ...inWords(status, error.message, Number(retryAfter), c.var.requestId),
  };
}

function inWords(
  status: number,
  message: string,
  retryAfter: number,
  requestId: string,
): Message {
  if (status === 429)
    return {
      title: "Too many attempts",
      text: `There were too many attempts. Please try again ${inTime(retryAfter)}.`,
      link: "Go back",
    };
  if (status === 503)
    return {
      title: "We’ll be right back",
      text: "Marquee can’t do this right now. Please try again in a few seconds.",
      link: "Try again",
    };
  if (status >= 500)
    return {
      title: "Something went wrong",
      text: `That is our mistake, not yours, and we have a note of it: ${requestId}. Please try again later.`,
      link: "Go back",
    };
  return { title: "That did not work", text: message, link: "Go back" };
}

/** "in 20 seconds", "in 3 minutes". */
function inTime(seconds: number): string {
  const [count, unit] =
    seconds < 60 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `in ${count === 1 ? "a" : count} ${unit}${count === 1 ? "" : "s"}`;
}
