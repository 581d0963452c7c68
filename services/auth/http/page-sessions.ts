import { isNotice, type Notice } from "@marquee/service-kit";
import type { Context } from "hono";
import type { User } from "../accounts/accounts.ts";
import type { Dependencies } from "../dependencies.ts";
import type { Caller } from "../rate-limits/rate-limited-accounts.ts";
import type { Login } from "../sessions/find-session.ts";
import type { PageLogin } from "../sessions/sessions.ts";
import type { PageContext } from "./page-response.ts";

/** The browser's cookies: the page session, the device cookie and the flash message. */
export interface PageSessions {
  caller(c: PageContext): Caller;
  /** The signed-in user's session; undefined if there is none. */
  login(c: Context): Promise<Login | undefined>;
  /** Signs in: ends the browser's previous session and issues a device cookie. */
  signIn(c: Context, user: User, login: PageLogin): Promise<void>;
  /** Ends the browser's session, if any. */
  signOut(c: Context): Promise<void>;
  /** Expires the session and device cookies, without ending the session. */
  forget(c: Context): void;
  /**
   * Redirects to a page that shows this flash message once.
   * @param page @default /
   */
  redirectWithFlash(c: Context, notice: Notice, page?: string): Response;
  /** Returns the flash message and expires its cookie. */
  takeFlash(c: Context): Notice | undefined;
}

export function createPageSessions({
  getClientInfo,
  cookies,
  deviceCookies,
  sessions,
}: Dependencies): PageSessions {
  async function login(c: Context) {
    const cookie = cookies.get(c, "session");
    return cookie === undefined ? undefined : sessions.findPage(cookie);
  }

  async function endSession(c: Context) {
    const previous = await login(c);
    if (previous) await sessions.end(previous.session.id);
  }

  return {
    caller: (c) => ({
      address: getClientInfo(c).address,
      deviceCookie: cookies.get(c, "device"),
      log: c.var.log,
    }),
    login,
    async signIn(c, user, { cookie }) {
      await endSession(c);
      cookies.set(c, "session", cookie);
      cookies.set(c, "device", deviceCookies.issue(user.email));
    },
    async signOut(c) {
      await endSession(c);
      cookies.expire(c, "session");
    },
    forget(c) {
      cookies.expire(c, "session");
      cookies.expire(c, "device");
    },
    redirectWithFlash(c, notice, page = "/") {
      cookies.set(c, "notice", notice);
      return c.redirect(page, 303);
    },
    takeFlash(c) {
      const notice = cookies.get(c, "notice");
      if (notice !== undefined) cookies.expire(c, "notice");
      return isNotice(notice) ? notice : undefined;
    },
  };
}
