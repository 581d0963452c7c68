import { bearerTokenOf, cookieName } from "@marquee/service-kit";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { Viewer, Viewers } from "../access/viewer.ts";
import type { ForwardedOf } from "./forwarded.ts";

/** Identifies the viewers of requests. */
export interface Authentication {
  /**
   * Identifies the viewer by the access token in Authorization, otherwise by the session cookie; undefined if there is
   * neither or the session has ended.
   * @throws InvalidTokenError; AuthUnavailableError
   */
  authenticate(c: Context): Promise<Viewer | undefined>;
  /** Drops the cached session of this browser: it is about to change. */
  forget(c: Context): void;
}

export const createAuthentication = (
  viewers: Viewers,
  forwardedOf: ForwardedOf,
): Authentication => ({
  async authenticate(c) {
    const token = bearerTokenOf(c.req.header("authorization"));
    if (token !== undefined) return viewers.byToken(token);
    const cookie = sessionCookieOf(c, forwardedOf(c).https);
    return cookie === undefined ? undefined : viewers.bySession(cookie);
  },
  forget(c) {
    const cookie = sessionCookieOf(c, forwardedOf(c).https);
    if (cookie !== undefined) viewers.forgetSession(cookie);
  },
});

/**
 * The session cookie in the form that auth expects, without other cookies. Over HTTPS only the one with the `__Host-`
 * prefix counts: other hosts of the domain could have set the unprefixed one.
 */
function sessionCookieOf(c: Context, https: boolean): string | undefined {
  for (const secure of https ? [true] : [true, false]) {
    const name = cookieName("session", secure);
    const value = getCookie(c, name);
    if (value !== undefined && /^[\w.~+/=-]+$/.test(value))
      return `${name}=${value}`;
  }
  return undefined;
}
