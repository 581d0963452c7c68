import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

/**
 * What somebody was about to do, to which they come back. step: after signing in, such as paying for a plan; watch: after signing
 * in or subscribing, the title that they wanted to see.
 */
export type Aim = "step" | "watch";

/** What an aim may be: paths of ours, since browsers may send any cookie. */
const aims: Record<Aim, RegExp> = {
  step: /^\/(subscribe\?plan=[a-z0-9-]+|membership(\/card)?)$/,
  watch: /^\/watch\/[a-z0-9-]+(\?from=start)?$/,
};

/** Seconds that an aim is kept: long enough to sign up and choose a plan. */
const lifetime = 1800;

const nameOf = (name: string, https: boolean) =>
  `${https ? "__Host-" : ""}marquee-${name}`;

const attributes = (https: boolean) =>
  ({ path: "/", httpOnly: true, sameSite: "Lax", secure: https }) as const;

/** Remembers this page as what somebody was about to see. */
export function keepAim(c: Context, aim: Aim, https: boolean): void {
  const { pathname, search } = new URL(c.req.url);
  const options = { ...attributes(https), maxAge: lifetime };
  setCookie(c, nameOf(aim, https), pathname + search, options);
}

/** Where somebody was about to go, once; undefined if they were not. */
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

/** What auth has next pages tell, by its names for it: services/auth/pages/notices.ts. */
const notices: Readonly<Record<string, string>> = {
  welcome: "Welcome to Marquee. Your account is ready.",
  "signed-out": "You are signed out.",
  "account-deleted":
    "Your account was deleted, with everything that was kept of it.",
};

/** What the page that comes after one of auth's forms is to tell, once. */
export function toldByAuth(c: Context, https: boolean): string | undefined {
  const name = nameOf("notice", https);
  const notice = getCookie(c, name);
  if (notice === undefined || !Object.hasOwn(notices, notice)) return undefined;
  deleteCookie(c, name, attributes(https));
  return notices[notice];
}
