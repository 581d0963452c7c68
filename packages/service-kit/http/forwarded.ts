import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";

/** The entries of a header that is a comma-separated list, such as X-Forwarded-For. */
export const headerEntries = (c: Context, header: string): string[] =>
  c.req
    .header(header)
    ?.split(",")
    .map((entry) => entry.trim()) ?? [];

/**
 * A forwarding header's value as the outermost trusted proxy set it. Proxies replace X-Forwarded-Proto and -Host or
 * append to them. undefined without trusted proxies: then the client may have sent anything.
 * @param trustedProxies number of proxies that each request passes
 */
export function forwardedValue(
  c: Context,
  header: string,
  trustedProxies: number,
): string | undefined {
  if (trustedProxies === 0) return undefined;
  const entries = headerEntries(c, header);
  return entries.at(-trustedProxies) ?? entries[0];
}

/** Whether the client used HTTPS, to this service or to the outermost trusted proxy. */
export function isHttps(c: Context, trustedProxies: number): boolean {
  const forwarded = forwardedValue(c, "x-forwarded-proto", trustedProxies);
  return forwarded
    ? forwarded.toLowerCase() === "https"
    : new URL(c.req.url).protocol === "https:";
}

/** The address of the connection's other end: the client or the nearest proxy. undefined without a connection. */
export const socketAddress = (c: Context): string | undefined =>
  c.env?.incoming ? getConnInfo(c).remote.address : undefined;
