import { getConnInfo } from "@hono/node-server/conninfo"; // how the server that listens tells a socket's address
import type { Context } from "hono";

/** How a request came to us, for who gets it from us. */
export interface Forwarded {
  /** Whether the browser's connection is encrypted: to us, or to the proxies in front of us. */
  https: boolean;
  /** X-Forwarded-For, -Proto and -Host, as the next one is to get them. */
  headers: Record<string, string>;
}

export type ForwardedOf = (c: Context) => Forwarded;

/**
 * Says what a proxy says of a request. With n proxies in front of us that we know of, the last n addresses of X-Forwarded-For
 * are theirs to say; the one that we were called from comes after them. What a client wrote before these is left out, and so
 * is all of it where there is no proxy. Who gets this trusts one proxy more than we do.
 * @param trustedProxies how many proxies each request comes through before us
 */
export const createForwardedOf =
  (trustedProxies: number): ForwardedOf =>
  (c) => {
    const said = (header: string) => {
      const entries = trustedProxies > 0 ? list(c, header) : [];
      // Proxies replace it, or add to it as to the addresses.
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
  // A shorter list did not come through these proxies, and says nothing.
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
