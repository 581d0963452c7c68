import { isOwnHost } from "@marquee/service-kit";
import type { Context } from "hono";

export interface ReturnTarget {
  href: string;
  /** Whether it is on the host of the current request. */
  sameHost: boolean;
}

/**
 * Parses a return URL, and guards against open redirects: accepts paths on this host and http(s) URLs. Rejects
 * `//evil.example`, which is another host, and javascript:.
 * @returns undefined if there is none, or it is not allowed
 */
export function parseReturnUrl(
  c: Context,
  returnUrl: string | undefined,
): ReturnTarget | undefined {
  if (returnUrl === undefined) return undefined;
  if (/^\/(?![/\\])/.test(returnUrl) && URL.canParse(returnUrl, c.req.url)) {
    // Use the parsed form: browsers drop tabs and line feeds, which "/\t/evil.example" exploits.
    const { origin, pathname, search, hash } = new URL(returnUrl, c.req.url);
    return origin === new URL(c.req.url).origin
      ? { href: pathname.replace(/^\/+/, "/") + search + hash, sameHost: true }
      : undefined;
  }
  if (!/^https?:\/\//i.test(returnUrl) || !URL.canParse(returnUrl))
    return undefined;
  const { href } = new URL(returnUrl);
  return { href, sameHost: isOwnHost(c, href) };
}
