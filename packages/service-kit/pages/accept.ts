import type { Context } from "hono";
import Negotiator from "negotiator"; // hono/accepts ignores `*/*`: it would choose HTML for `text/html;q=0.1, */*`

const html = "text/html;charset=utf-8";

/** Media types of errors. Clients without a preference get the first. */
const types = ["application/problem+json", "application/json", html];

/** Whether the client prefers HTML to JSON (RFC 9110, 12.5.1). Browsers do when they navigate, but not for fetch(). */
export function prefersHtml(c: Context): boolean {
  const accept = c.req.header("accept");
  const headers = accept === undefined ? {} : { accept };
  return new Negotiator({ headers }).mediaType(types) === html;
}
