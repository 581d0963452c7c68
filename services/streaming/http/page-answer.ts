import {
  AuthAway,
  DatabaseAway,
  factory,
  type ServiceEnv,
} from "@marquee/runtime";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { PaymentAway } from "../origin/payment-away.ts";
import type { Html } from "../pages/layout.ts";
import { messagePage, refusals } from "../pages/message.ts";
import type { Parts } from "../parts.ts";
import { asHttp, StoreAway } from "./errors.ts";
import type { Visit } from "./visitor.ts";

export type PageContext = Context<ServiceEnv>;

/** Answers with a page. It is about somebody, and no cache is to keep it. */
export function show(
  c: PageContext,
  page: Html,
  status: ContentfulStatusCode = 200,
) {
  c.header("cache-control", "no-store");
  return c.html(page, status);
}

/** Why somebody does not get a page: what it says instead, and with which status. */
export class Refused extends HTTPException {
  override readonly name = "Refused";
  readonly why: "notSignedIn" | "notEntitled" | "notFound";

  constructor(why: Refused["why"]) {
    super(
      ({ notSignedIn: 401, notEntitled: 403, notFound: 404 } as const)[why],
    );
    this.why = why;
  }
}

/** An app for pages: what goes wrong in its routes is told as a page, too. */
export function createPages({ visitor }: Pick<Parts, "visitor">) {
  const app = factory.createApp();
  app.onError(async (error, c) => {
    const http = asHttp(error);
    const status = http instanceof HTTPException ? http.status : 500;
    if (status >= 500) c.var.log.error({ err: error }, "request failed");
    if (http instanceof HTTPException)
      for (const [name, value] of http.getResponse().headers)
        if (name === "retry-after") c.header(name, value);
    // Where auth is the trouble, it is not asked once more.
    const visit =
      http instanceof AuthAway
        ? undefined
        : await visitor.maybe(c).catch(() => undefined);
    return tell(c, http, status as ContentfulStatusCode, visit);
  });
  return app;
}

function tell(
  c: PageContext,
  error: Error,
  status: ContentfulStatusCode,
  visit: Visit | undefined,
) {
  const page = messagePage({ viewer: visit?.shown, ...inWords(c, error) });
  return show(c, page, status);
}

function inWords(c: PageContext, error: Error) {
  const again = c.req.method === "GET" ? c.req.path : "/";
  if (error instanceof Refused) return refusals[error.why];
  if (error instanceof PaymentAway)
    return c.req.method === "POST"
      ? refusals.paymentUnknown
      : refusals.paymentAway(again);
  if (error instanceof StoreAway) return refusals.mediaAway(again);
  if (error instanceof AuthAway) return refusals.authAway(again);
  if (error instanceof DatabaseAway) return refusals.databaseAway(again);
  if (error instanceof HTTPException && error.status < 500)
    return error.status === 404
      ? refusals.notFound
      : refusals.wrong(error.message);
  return refusals.failed(again);
}

/** What browsers get where a page is another service's, and that one does not answer. */
export function awayPage(c: PageContext, status: 502 | 504) {
  const { path } = c.req;
  const page = !path.startsWith("/sandbox/")
    ? refusals.authAway(path)
    : c.req.method === "POST"
      ? refusals.paymentUnknown
      : refusals.paymentAway(path);
  return show(c, messagePage(page), status);
}
