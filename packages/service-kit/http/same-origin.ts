import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";

/**
 * Refuses with 403 what a browser sends for a page of another site, with the cookies of whoever is signed in here (CSRF).
 * Browsers say so in Sec-Fetch-Site; older ones, and all of them where the connection is not encrypted, in Origin. Without both
 * headers it is no browser, and brings no cookies but those it was given. Go's net/http does the same
 * (CrossOriginProtection); Hono's csrf() looks at forms alone.
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
  // "none": it is the user's own doing, such as loading an answer again.
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = c.req.header("origin");
  return origin === undefined || isOwnHost(c, origin);
}

/**
 * Whether a URL has the host that was asked for, which leaves out the port where it is the URL's scheme's own. The scheme is
 * not looked at: TLS may end in front of us.
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
