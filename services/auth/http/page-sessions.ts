import { isNotice, type Notice } from "@marquee/service-kit";
import type { Context } from "hono";
import type { User } from "../accounts/accounts.ts";
import type { Dependencies } from "../dependencies.ts";
import type { Caller } from "../rate-limits/rate-limited-accounts.ts";
import type { Login } from "../sessions/find-session.ts";
import type { PageLogin } from "../sessions/sessions.ts";
import type { PageContext } from "./page-response.ts";

/** What pages need to know of a browser, and to leave with it. */
export interface PageSessions {
  caller(c: PageContext): Caller;
  /** Who is signed in. */
  login(c: Context): Promise<Login | undefined>;
  /** Signs in: the session that was there before ends, and the browser is known from now on. */
  signIn(c: Context, user: User, login: PageLogin): Promise<void>;
  /** Ends the session, if there is one. */
  signOut(c: Context): Promise<void>;
  /** Forgets who was signed in here. */
  forget(c: Context): void;
  /**
   * Sends the browser to a page, which tells this once.
   * @param page @default the first one
   */
  tell(c: Context, notice: Notice, page?: string): Response;
  /** What is to be told now. */
  told(c: Context): Notice | undefined;
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
    const before = await login(c);
    if (before) await sessions.end(before.session.id);
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
    tell(c, notice, page = "/") {
      cookies.set(c, "notice", notice);
      return c.redirect(page, 303);
    },
    told(c) {
      const notice = cookies.get(c, "notice");
      if (notice !== undefined) cookies.expire(c, "notice");
      return isNotice(notice) ? notice : undefined;
    },
  };
}
