import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";

/**
 * Refuses with 403 what a browser sends for a page of another site, with the cookies of whoever is signed in here (CSRF).
 * Browsers say so in Sec-Fetch-Site; older ones, and all of them where the connection is not encrypted, in Origin, which is
 * compared by its host: TLS may end in front of us, so that the scheme differs. Without both headers it is no browser, and
 * brings no cookies but those it was given. Go's net/http does the same (CrossOriginProtection); Hono's csrf() looks at
 * forms alone.
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
  if (origin === undefined) return true;
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  return isAt(origin, host);
}

/** Whether an origin has this host, which leaves out the port where it is the origin's scheme's own. */
function isAt(origin: string, host: string): boolean {
  const [scheme] = origin.split("//", 1);
  const own = `${scheme}//${host}`;
  return (
    URL.canParse(origin) && // "null" is none
    URL.canParse(own) &&
    new URL(origin).host === new URL(own).host
  );
}
