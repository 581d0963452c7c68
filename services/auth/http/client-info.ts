import { isIP } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo"; // how the server that listens tells a socket's address
import type { Context } from "hono";

/** Who sent a request, as far as it can be known. */
export interface ClientInfo {
  /** The IP address; undefined if it is unknown. */
  address: string | undefined;
  /** Whether the request came encrypted: to us, or to the proxies in front of us. */
  https: boolean;
}

/** Whether a client's address reaches this service, or a node or load balancer puts its own in place of it. */
export const clientAddresses = ["preserved", "hidden"] as const;
export type ClientAddresses = (typeof clientAddresses)[number];

export type GetClientInfo = (c: Context) => ClientInfo;

/**
 * Tells who sent a request. A proxy adds the address that it was called from to the end of X-Forwarded-For: with n proxies
 * in front of us that we know of, the n-th from the end is the client's, whatever the client wrote before it. A shorter
 * list did not come through these proxies, and says nothing; neither does any list where there is no proxy.
 * @param trustedProxies how many proxies each request comes through
 * @param addresses "hidden" if several clients share the address seen here, such as behind a node port; it is unknown
 * then
 */
export const createGetClientInfo =
  (trustedProxies: number, addresses: ClientAddresses): GetClientInfo =>
  (c) => {
    const isHidden = addresses === "hidden";
    const plain: ClientInfo = {
      address: isHidden ? undefined : socketAddress(c),
      https: new URL(c.req.url).protocol === "https:",
    };
    if (trustedProxies === 0) return plain;
    const forwarded =
      splitHeader(c, "x-forwarded-for").at(-trustedProxies) ?? "";
    const protocols = splitHeader(c, "x-forwarded-proto");
    // Proxies replace it, or add to it as to the addresses.
    const protocol = protocols.at(-trustedProxies) ?? protocols[0];
    return {
      address: isHidden ? undefined : (withoutPort(forwarded) ?? plain.address),
      https: protocol ? protocol.toLowerCase() === "https" : plain.https,
    };
  };

function socketAddress(c: Context): string | undefined {
  return c.env?.incoming ? getConnInfo(c).remote.address : undefined;
}

const splitHeader = (c: Context, header: string): string[] =>
  c.req
    .header(header)
    ?.split(",")
    .map((entry) => entry.trim()) ?? [];

/** The address of "192.0.2.1", "192.0.2.1:5000", "2001:db8::1", "[2001:db8::1]:5000"; undefined if it is none. */
function withoutPort(entry: string): string | undefined {
  const address = isIP(entry)
    ? entry
    : entry.replace(/:\d{1,5}$/, "").replace(/^\[(.*)\]$/, "$1");
  return isIP(address) ? address : undefined;
}
