import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";

/**
 * Rejects cross-site requests of browsers with 403 (CSRF). Browsers send Sec-Fetch-Site, or Origin if they are old or
 * use plain HTTP. Requests with neither header don't come from a browser. Go's net/http does the same
 * (CrossOriginProtection); Hono's csrf() only checks forms.
 */
export const sameOrigin: MiddlewareHandler = async (c, next) => {
  if (!isSameOrigin(c))
    throw new HTTPException(403, {
      message: "This came from a page of another site, so nothing was done.",
    });
  await next();
};

function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  // "none": the user caused the request, for example by reloading a page.
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = c.req.header("origin");
  return origin === undefined || isOwnHost(c, origin);
}

/**
 * Whether the URL's host is the request's Host, with the default port of the URL's scheme. The scheme is ignored,
 * because a proxy may terminate TLS.
 */
export function isOwnHost(c: Context, url: string): boolean {
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  const own = `${url.split("//", 1)}//${host}`;
  return (
    URL.canParse(url) && // an origin may be "null"
    URL.canParse(own) &&
    new URL(url).host === new URL(own).host
  );
}
