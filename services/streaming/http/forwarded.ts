import {
  forwardedValue,
  headerEntries,
  isHttps,
  socketAddress,
} from "@marquee/service-kit";
import type { Context } from "hono";

/** The origin of a request, to pass on to another service. */
interface Forwarded {
  /** Whether the browser's connection is encrypted, to this service or to the proxies in front of it. */
  https: boolean;
  /** X-Forwarded-For, -Proto and -Host for the next hop. */
  headers: Record<string, string>;
}

export type ForwardedOf = (c: Context) => Forwarded;

/**
 * Reads the X-Forwarded-* headers that trusted proxies have set. With n trusted proxies, they have written the last n
 * addresses of X-Forwarded-For; our peer's address is appended. Earlier entries come from the client and are dropped,
 * and so is the whole header if no proxy is trusted. The next service must trust one proxy more than this one.
 * @param trustedProxies number of proxies that each request passes before it arrives here
 */
export const createForwardedOf =
  (trustedProxies: number): ForwardedOf =>
  (c) => {
    const https = isHttps(c, trustedProxies);
    const addresses = addressesOf(c, trustedProxies);
    return {
      https,
      headers: {
        ...(addresses.length > 0 && {
          "x-forwarded-for": addresses.join(", "),
        }),
        "x-forwarded-proto": https ? "https" : "http",
        "x-forwarded-host":
          forwardedValue(c, "x-forwarded-host", trustedProxies) ??
          c.req.header("host") ??
          new URL(c.req.url).host,
      },
    };
  };

function addressesOf(c: Context, trustedProxies: number): string[] {
  const given = headerEntries(c, "x-forwarded-for");
  // A shorter list did not pass through all of these proxies, so it can't be trusted.
  const known =
    trustedProxies > 0 && given.length >= trustedProxies
      ? given.slice(-trustedProxies)
      : [];
  const own = socketAddress(c);
  return own === undefined ? known : [...known, own];
}
