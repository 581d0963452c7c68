import { lookup as lookUp } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/**
 * Where webhooks may go. Operators alone say where, and consumers run in the cluster, so private networks are open: which of
 * them the pod reaches is the NetworkPolicy's matter. Nobody's webhook, though, goes to the machine itself or to the metadata
 * service of a cloud, which gives credentials to whoever asks from there.
 */
export interface UrlRules {
  /** Whether http:// will do, as it does within a cluster; signatures protect what is sent, not who reads it. @default true */
  allowHttp: boolean;
  /** Whether they may go to this very machine, as for tests. @default false */
  allowLoopback: boolean;
}

export const urlRules: UrlRules = { allowHttp: true, allowLoopback: false };

/** Subnets, and those of IPv6 whose addresses are translated into theirs, or tunneled there: a list knows ::ffff:0:0/96 itself. */
const listOf = (...subnets: [address: string, prefix: number][]) => {
  const list = new BlockList();
  for (const [address, prefix] of subnets) {
    list.addSubnet(address, prefix, isIP(address) === 4 ? "ipv4" : "ipv6");
    if (isIP(address) !== 4) continue;
    // IPv4-compatible (RFC 4291), SIIT (RFC 7915), NAT64 (RFC 6052): not all of it, as DNS64 gives it for any IPv4 address.
    for (const before of ["::", "::ffff:0:", "64:ff9b::"])
      list.addSubnet(`${before}${address}`, 96 + prefix, "ipv6");
    list.addSubnet(`2002:${inHex(address)}::`, 16 + prefix, "ipv6"); // 6to4 (RFC 3056)
  }
  return list;
};

/** 169.254.0.0 as IPv6 has it: a9fe:0000. */
const inHex = (ipv4: string) =>
  Buffer.from(ipv4.split(".").map(Number))
    .toString("hex")
    .replace(/^.{4}/, "$&:");

// IANA's special-purpose registries: https://www.iana.org/assignments/iana-ipv4-special-registry
const loopback = listOf(
  ["127.0.0.0", 8],
  ["::1", 128],
  ["0.0.0.0", 8], // which Linux takes for itself
  ["::", 128],
);
const nobody = listOf(
  ["169.254.0.0", 16], // link-local, and the metadata of AWS, Azure, Google and others
  ["fe80::", 10],
  ["fd00:ec2::", 32], // AWS: its metadata, DNS and time
  ["fd20:ce::254", 128], // Google's metadata
  ["100.100.100.200", 32], // Alibaba's
  ["168.63.129.16", 32], // Azure's platform
  ["224.0.0.0", 3], // multicast, reserved, broadcast
  ["ff00::", 8],
  ["64:ff9b:1::", 48], // translated into IPv4 addresses that only the translator knows
);

/** Why nothing is sent to an IP address, if so. */
export function whyNotTo(
  address: string,
  { allowLoopback }: UrlRules,
): string | undefined {
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  if (nobody.check(address, family))
    return `${address} is link-local, a cloud's metadata, or no single host's`;
  if (!allowLoopback && loopback.check(address, family))
    return `${address} is the machine that payment runs on`;
  return undefined;
}

/** Why a URL can't be an endpoint's, in words that follow "url: "; undefined if it can. */
export function whyNotUrl(text: string, rules: UrlRules): string | undefined {
  if (!URL.canParse(text)) return "is not a URL";
  const { protocol, username, password, hash, hostname, href } = new URL(text);
  if (protocol !== "https:" && (protocol !== "http:" || !rules.allowHttp))
    return `has to begin with https://${rules.allowHttp ? " or http://" : ""}`;
  if (username || password)
    return "has a name or a password in it, which would be stored and shown: consumers know us by the signature";
  if (hash) return "has a fragment, which is never sent";
  if (href.length > 2048) return "is longer than 2048 characters";
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host)) return whyNotTo(host, rules);
  if (!rules.allowLoopback && /(^|\.)localhost\.?$/.test(host))
    return `${host} is the machine that payment runs on`;
  return undefined;
}

/**
 * Looks names up for connections, and refuses those with an address where nothing is sent: a name may have had another one
 * when the endpoint was added. Addresses in URLs are not looked up, and have to be checked before.
 */
export const guardedLookup =
  (rules: UrlRules): LookupFunction =>
  (hostname, options, callback) =>
    lookUp(hostname, options, (error, found, family) => {
      if (error) return callback(error, "", 0);
      // An array where `options` asks for all, as Node.js does by default.
      const all = (Array.isArray(found) ? found : [{ address: found }]) as {
        address: string;
      }[];
      for (const { address } of all) {
        const why = whyNotTo(address, rules);
        if (why) return callback(new Error(`${hostname}: ${why}`), "", 0);
      }
      callback(null, found, family);
    });
