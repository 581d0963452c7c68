import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";

/** Where a request came from, to be passed on to another service. */
export interface Forwarded {
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
    const said = (header: string) => {
      const entries = trustedProxies > 0 ? list(c, header) : [];
      // Proxies either replace this header or append to it as they do with addresses.
      return entries.at(-trustedProxies) ?? entries[0];
    };
    const { protocol, host } = new URL(c.req.url);
    const scheme = said("x-forwarded-proto")?.toLowerCase();
    const https = scheme ? scheme === "https" : protocol === "https:";
    const addresses = addressesOf(c, trustedProxies);
    return {
      https,
      headers: {
        ...(addresses.length > 0 && {
          "x-forwarded-for": addresses.join(", "),
        }),
        "x-forwarded-proto": https ? "https" : "http",
        "x-forwarded-host":
          said("x-forwarded-host") ?? c.req.header("host") ?? host,
      },
    };
  };

function addressesOf(c: Context, trustedProxies: number): string[] {
  const given = list(c, "x-forwarded-for");
  // A shorter list did not pass through all of these proxies, so it can't be trusted.
  const known =
    trustedProxies > 0 && given.length >= trustedProxies
      ? given.slice(-trustedProxies)
      : [];
  const own = c.env?.incoming ? getConnInfo(c).remote.address : undefined;
  return own === undefined ? known : [...known, own];
}

const list = (c: Context, header: string): string[] =>
  c.req
    .header(header)
    ?.split(",")
    .map((entry) => entry.trim()) ?? [];
