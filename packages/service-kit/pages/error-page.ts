import type { MiddlewareHandler } from "hono";
import { html } from "hono/html";
import type { ErrorPage, ServiceEnv } from "../http/env.ts";
import { prefersHtml } from "./accept.ts";
import { type Failure, failureOf } from "./failure.ts";
import { framed } from "./frame.ts";
import { hasSession, isInSite, sitePage } from "./site.ts";
import { signAndCard, standalonePage } from "./standalone.ts";

/** A link on an error page. */
export interface Action {
  text: string;
  href: string;
}

/** Paths of a service that has pages. */
export interface Links {
  home: string;
  signIn: string;
}

const siteLinks: Links = { home: "/", signIn: "/sign-in" };

/**
 * Turns problems into pages for clients that prefer HTML. Later middleware may set another `errorPage` for its paths.
 */
export const errorPages =
  (errorPage: ErrorPage): MiddlewareHandler<ServiceEnv> =>
  async (c, next) => {
    c.set("errorPage", errorPage);
    await next();
    const problem = c.get("problem");
    const { headers } = c.res;
    if (!problem || headers.get("content-type") !== "application/problem+json")
      return;
    headers.append("vary", "Accept");
    if (!prefersHtml(c)) return;
    const page = c.get("errorPage")(c, failureOf(c, problem));
    c.header("cache-control", "no-store");
    c.res = await c.html(page, problem.status);
  };

/**
 * The default error page: within the site's frame if the request came through streaming, else standalone.
 * @param links for the standalone page. @default none
 */
export const createErrorPage =
  (links?: Links): ErrorPage =>
  (c, failure) => {
    const head = { title: failure.title, error: true };
    if (!isInSite(c))
      return standalonePage(
        { ...head, nonce: c.get("secureHeadersNonce") },
        signAndCard(message(failure, actionsOf(failure, links)), links?.home),
      );
    const content = html`
      <div class="stage"><div class="card message">${message(failure, actionsOf(failure, siteLinks))}</div></div>`;
    return sitePage(head, framed({ signedIn: hasSession(c) }, content));
  };

/** The links to offer after an error. The first one is the main action. */
export function actionsOf(
  { status, retryPath: again }: Pick<Failure, "status" | "retryPath">,
  links: Links | undefined,
): Action[] {
  return [
    ...(status === 401 && links
      ? [{ text: "Sign in", href: links.signIn }]
      : []),
    ...(again === undefined ? [] : [{ text: "Try again", href: again }]),
    ...(links ? [{ text: "Go to the home page", href: links.home }] : []),
  ];
}

/** An error page's content. */
export const message = (
  { title, text, requestId }: Pick<Failure, "title" | "text" | "requestId">,
  actions: readonly Action[],
) => html`
        <h1>${title}</h1>
        <p class="quiet">${text}</p>
        ${
          actions.length === 0
            ? ""
            : html`<div class="actions">${actions.map(({ text, href }, i) => html`<a class="button${i === 0 ? "" : " plain"}" href="${href}">${text}</a>`)}</div>`
        }
        ${requestId === undefined ? "" : html`<p class="fine request-id">Request ID: ${requestId}</p>`}
      `;
