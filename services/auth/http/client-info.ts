import { isIP } from "node:net";
import { headerEntries, isHttps, socketAddress } from "@marquee/service-kit";
import type { Context } from "hono";

/** The client that sent a request. */
export interface ClientInfo {
  /** The IP address; undefined if it is unknown. */
  address: string | undefined;
  /** Whether the client used HTTPS, to this service or to the outermost trusted proxy. */
  https: boolean;
}

/** Whether client addresses reach this service, or a node or load balancer replaces them with its own. */
export const clientAddresses = ["preserved", "hidden"] as const;
export type ClientAddresses = (typeof clientAddresses)[number];

export type GetClientInfo = (c: Context) => ClientInfo;

/**
 * Each proxy appends its peer's address to X-Forwarded-For. With n trusted proxies the client's address is the n-th
 * entry from the end; clients can forge all entries before it. A shorter list did not pass all proxies and is ignored,
 * and so is any list if there is no trusted proxy.
 * @param trustedProxies the number of proxies that each request passes
 * @param addresses "hidden" if several clients share the address seen here, for example behind a node port. `address`
 *   is then undefined
 */
export const createGetClientInfo =
  (trustedProxies: number, addresses: ClientAddresses): GetClientInfo =>
  (c) => {
    const isHidden = addresses === "hidden";
    const forwarded =
      trustedProxies === 0
        ? undefined
        : headerEntries(c, "x-forwarded-for").at(-trustedProxies);
    const address = withoutPort(forwarded ?? "") ?? socketAddress(c);
    return {
      address: isHidden ? undefined : address,
      https: isHttps(c, trustedProxies),
    };
  };

/** The address of "192.0.2.1", "192.0.2.1:5000", "2001:db8::1", "[2001:db8::1]:5000"; undefined if invalid. */
function withoutPort(entry: string): string | undefined {
  const address = isIP(entry)
    ? entry
    : entry.replace(/:\d{1,5}$/, "").replace(/^\[(.*)\]$/, "$1");
  return isIP(address) ? address : undefined;
}
