import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

/**
 * Where to return to. step: after signing in, such as to the checkout of a plan; watch: after signing in or
 * subscribing, to the title that the viewer wanted to watch.
 */
export type Aim = "step" | "watch";

/** Allowed paths, because browsers can send any cookie. */
const aims: Record<Aim, RegExp> = {
  step: /^\/(subscribe\?plan=[a-z0-9-]+|membership(\/card)?)$/,
  watch: /^\/watch\/[a-z0-9-]+(\?from=start)?$/,
};

/** Seconds until a path expires: long enough to sign up and choose a plan. */
const lifetime = 1800;

const nameOf = (name: string, https: boolean) =>
  `${https ? "__Host-" : ""}marquee-${name}`;

const attributes = (https: boolean) =>
  ({ path: "/", httpOnly: true, sameSite: "Lax", secure: https }) as const;

/** Saves the current page's path in a cookie. */
export function keepAim(c: Context, aim: Aim, https: boolean): void {
  const { pathname, search } = new URL(c.req.url);
  const options = { ...attributes(https), maxAge: lifetime };
  setCookie(c, nameOf(aim, https), pathname + search, options);
}

/** Returns the saved path and deletes the cookie. */
export function takeAim(
  c: Context,
  aim: Aim,
  https: boolean,
): string | undefined {
  const name = nameOf(aim, https);
  const path = getCookie(c, name);
  if (path === undefined) return undefined;
  deleteCookie(c, name, attributes(https));
  return aims[aim].test(path) ? path : undefined;
}

/** Texts of auth's flash messages, by the names in services/auth/pages/notices.ts. */
const notices: Readonly<Record<string, string>> = {
  welcome: "Welcome to Marquee. Your account is ready.",
  "signed-out": "You are signed out.",
  "account-deleted":
    "Your account was deleted, with everything that was kept of it.",
};

/** Returns the flash message that auth has set and deletes its cookie. */
export function toldByAuth(c: Context, https: boolean): string | undefined {
  const name = nameOf("notice", https);
  const notice = getCookie(c, name);
  if (notice === undefined || !Object.hasOwn(notices, notice)) return undefined;
  deleteCookie(c, name, attributes(https));
  return notices[notice];
}
