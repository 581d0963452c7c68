import { cookieAttributes, cookieName } from "@marquee/service-kit";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

/**
 * The page to return to. `step`, after signing in: the page that required it, such as a plan's checkout. `watch`, after
 * signing in or subscribing: the title that the viewer wanted to watch.
 */
export type ReturnTo = "step" | "watch";

/** Allowed paths, because browsers can send any cookie. */
const allowedPaths: Record<ReturnTo, RegExp> = {
  step: /^\/(subscribe\?plan=[a-z0-9-]+|membership(\/card)?)$/,
  watch: /^\/watch\/[a-z0-9-]+(\?from=start)?$/,
};

/** Long enough to sign up and choose a plan. */
const lifetimeSeconds = 1800;

export const returnTo = {
  /** Saves the current page's path in a cookie. */
  save(c: Context, purpose: ReturnTo, https: boolean): void {
    const { pathname, search } = new URL(c.req.url);
    setCookie(c, cookieName(purpose, https), pathname + search, {
      ...cookieAttributes(https),
      maxAge: lifetimeSeconds,
    });
  },

  /** Returns the saved path and deletes the cookie. */
  take(c: Context, purpose: ReturnTo, https: boolean): string | undefined {
    const name = cookieName(purpose, https);
    const path = getCookie(c, name);
    if (path === undefined) return undefined;
    deleteCookie(c, name, cookieAttributes(https));
    return allowedPaths[purpose].test(path) ? path : undefined;
  },
};
