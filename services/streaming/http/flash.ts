import {
  cookieAttributes,
  cookieName,
  isNotice,
  noticeText,
} from "@marquee/service-kit";
import type { Context } from "hono";
import { deleteCookie, getCookie } from "hono/cookie";

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
