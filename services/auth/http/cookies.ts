import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { deviceCookieLifetimeSeconds } from "../rate-limits/device-cookie.ts";
import type { GetClientInfo } from "./client-info.ts";

/**
 * session: who is signed in. device: that it is a browser in which somebody was signed in. notice: what the next page is to
 * tell, such as that the password was changed.
 */
export type CookieName = "session" | "device" | "notice";

/**
 * Cookies that only this host gets and no script reads. Over https they have `__Host-` in front of their name, and browsers
 * see to it that no other host and no unencrypted answer sets them; what has another name is not read there.
 */
export interface Cookies {
  get(c: Context, name: CookieName): string | undefined;
  set(c: Context, name: CookieName, value: string): void;
  expire(c: Context, name: CookieName): void;
  /** The session of a browser whose request another service passes on to us: by either name, since we can't see how it came. */
  forwardedSession(c: Context): string | undefined;
}

export interface CookiesOptions {
  getClientInfo: GetClientInfo;
  /** Seconds that a session lasts at most. */
  sessionLifetimeSeconds: number;
}

const cookieName = (name: CookieName, https: boolean) =>
  `${https ? "__Host-" : ""}marquee-${name}`;

export function createCookies({
  getClientInfo,
  sessionLifetimeSeconds,
}: CookiesOptions): Cookies {
  /** Seconds. */
  const lifetimesSeconds: Record<CookieName, number> = {
    session: sessionLifetimeSeconds, // the server ends it sooner if it is not used
    device: deviceCookieLifetimeSeconds,
    notice: 60, // it is for the page that comes next
  };
  const attributes = (https: boolean) =>
    ({ path: "/", httpOnly: true, sameSite: "Lax", secure: https }) as const;

  return {
    get: (c, name) => getCookie(c, cookieName(name, getClientInfo(c).https)),
    set(c, name, value) {
      const { https } = getClientInfo(c);
      const maxAge = lifetimesSeconds[name];
      const options = { ...attributes(https), maxAge };
      setCookie(c, cookieName(name, https), value, options);
    },
    expire(c, name) {
      const { https } = getClientInfo(c);
      deleteCookie(c, cookieName(name, https), attributes(https));
    },
    forwardedSession: (c) =>
      getCookie(c, cookieName("session", true)) ??
      (getClientInfo(c).https
        ? undefined
        : getCookie(c, cookieName("session", false))),
  };
}
