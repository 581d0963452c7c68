import { cookieAttributes, cookieName } from "@marquee/service-kit";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { deviceCookieLifetimeSeconds } from "../rate-limits/device-cookie.ts";
import type { GetClientInfo } from "./client-info.ts";

/**
 * session: the signed-in session. device: the device cookie of rate-limits/device-cookie.ts. notice: the flash message
 * for the next page.
 */
type CookieName = "session" | "device" | "notice";

/** Host-only, HttpOnly cookies. Over HTTPS names carry the `__Host-` prefix, so only this host can set them over TLS;
 * unprefixed cookies are ignored.
 */
export interface Cookies {
  get(c: Context, name: CookieName): string | undefined;
  set(c: Context, name: CookieName, value: string): void;
  expire(c: Context, name: CookieName): void;
  /**
   * The session cookie of a request that another service forwards. Its name can be either: the browser's scheme is
   * unknown.
   */
  forwardedSession(c: Context): string | undefined;
}

export interface CookiesOptions {
  getClientInfo: GetClientInfo;
  /** Maximum duration of a session. */
  sessionLifetimeSeconds: number;
}

export function createCookies({
  getClientInfo,
  sessionLifetimeSeconds,
}: CookiesOptions): Cookies {
  const lifetimesSeconds: Record<CookieName, number> = {
    session: sessionLifetimeSeconds, // the server ends unused sessions earlier
    device: deviceCookieLifetimeSeconds,
    notice: 60, // read by the next page
  };

  return {
    get: (c, name) => getCookie(c, cookieName(name, getClientInfo(c).https)),
    set(c, name, value) {
      const { https } = getClientInfo(c);
      const maxAge = lifetimesSeconds[name];
      const options = { ...cookieAttributes(https), maxAge };
      setCookie(c, cookieName(name, https), value, options);
    },
    expire(c, name) {
      const { https } = getClientInfo(c);
      deleteCookie(c, cookieName(name, https), cookieAttributes(https));
    },
    forwardedSession: (c) =>
      getCookie(c, cookieName("session", true)) ??
      (getClientInfo(c).https
        ? undefined
        : getCookie(c, cookieName("session", false))),
  };
}
