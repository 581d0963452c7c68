import {
  cookieAttributes,
  cookieName,
  isNotice,
  noticeText,
} from "@marquee/service-kit";
import type { Context } from "hono";
import { deleteCookie, getCookie } from "hono/cookie";
import { cookieAttributes, cookieName } from "./cookies.ts";

/** Texts of auth's flash messages, by the names in services/auth/pages/flash.ts. */
const messages: Readonly<Record<string, string>> = {
  welcome: "Welcome to Marquee. Your account is ready.",
  "signed-out": "You are signed out.",
  "account-deleted":
    "Your account was deleted, with everything that was kept of it.",
};

export const flash = {
  /** Returns the flash message that auth has set and deletes its cookie. */
  take(c: Context, https: boolean): string | undefined {
    const cookie = cookieName("notice", https);
    const name = getCookie(c, cookie);
    if (!isNotice(name)) return undefined;
    deleteCookie(c, cookie, cookieAttributes(https));
    return noticeText(name);
  },
};
