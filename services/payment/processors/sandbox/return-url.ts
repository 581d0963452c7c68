import { isOwnHost } from "@marquee/service-kit";
import type { Context } from "hono";

/** Where somebody goes after an action. */
export interface Return {
  href: string;
  /** Whether it is on the host that they are at. */
  here: boolean;
}

/**
 * Where a return URL leads. Only what a browser takes for a path of ours, or for a web page, is followed: not `//evil.example`,
 * which is another host, and no javascript:.
 * @returns undefined if there is none, or it may not be followed
 */
export function returnOf(
  c: Context,
  returnUrl: string | undefined,
): Return | undefined {
  if (returnUrl === undefined) return undefined;
  if (/^\/(?![/\\])/.test(returnUrl) && URL.canParse(returnUrl, c.req.url)) {
    // As parsed: browsers leave out tabs and line feeds, which "/\t/evil.example" counts on.
    const { origin, pathname, search, hash } = new URL(returnUrl, c.req.url);
    return origin === new URL(c.req.url).origin
      ? { href: pathname.replace(/^\/+/, "/") + search + hash, here: true }
      : undefined;
  }
  if (!/^https?:\/\//i.test(returnUrl) || !URL.canParse(returnUrl))
    return undefined;
  const { href } = new URL(returnUrl);
  return { href, here: isOwnHost(c, href) };
}
