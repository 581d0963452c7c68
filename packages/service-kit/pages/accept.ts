import type { Context } from "hono";
import Negotiator from "negotiator"; // Express's; hono/accepts ignores `*/*`, so it sends HTML for `text/html;q=0.1, */*`

const html = "text/html;charset=utf-8";

/** The types that an error comes in. The first one wins where the client has no preference. */
const types = ["application/problem+json", "application/json", html];

/** Whether the client prefers a page to JSON: RFC 9110, 12.5.1. Browsers do when they navigate, but not in fetch() or <video>. */
export function prefersHtml(c: Context): boolean {
  const accept = c.req.header("accept");
  const headers = accept === undefined ? {} : { accept };
  return new Negotiator({ headers }).mediaType(types) === html;
}
