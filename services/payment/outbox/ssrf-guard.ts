import { lookup as dnsLookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/**
 * Guards against server-side request forgery: which URLs webhooks may be sent to. Only operators configure endpoints,
 * and consumers run in the cluster, so private networks are allowed; the NetworkPolicy decides which of them the pod
 * reaches. Never allowed are the machine itself and cloud metadata services, which hand out credentials to any local
 * caller.
 */
export interface UrlRules {
  /** Allows http://, as is common within a cluster. Signatures protect integrity, not confidentiality. @default true */
  allowHttp: boolean;
  /** Allows loopback addresses, for tests. @default false */
  allowLoopback: boolean;
}

export const urlRules: UrlRules = { allowHttp: true, allowLoopback: false };

/** Builds a block list that also covers the IPv6 forms of IPv4 subnets. BlockList handles ::ffff:0:0/96 by itself. */
const blockList = (...subnets: [address: string, prefix: number][]) => {
  const list = new BlockList();
  for (const [address, prefix] of subnets) {
    list.addSubnet(address, prefix, isIP(address) === 4 ? "ipv4" : "ipv6");
    if (isIP(address) !== 4) continue;
    // IPv4-compatible (RFC 4291), SIIT (RFC 7915) and the well-known NAT64 prefix (RFC 6052). Not all of NAT64: DNS64
    // returns it for any IPv4 address.
    for (const prefix6 of ["::", "::ffff:0:", "64:ff9b::"])
      list.addSubnet(`${prefix6}${address}`, 96 + prefix, "ipv6");
    list.addSubnet(`2002:${hexGroups(address)}::`, 16 + prefix, "ipv6"); // 6to4 (RFC 3056)
  }
  return list;
};

/** An IPv4 address as two groups of an IPv6 address: 169.254.0.0 is a9fe:0000. */
const hexGroups = (ipv4: string) =>
  Buffer.from(ipv4.split(".").map(Number))
    .toString("hex")
    .replace(/^.{4}/, "$&:");

// IANA's special-purpose registries: https://www.iana.org/assignments/iana-ipv4-special-registry
const loopback = blockList(
  ["127.0.0.0", 8],
  ["::1", 128],
  ["0.0.0.0", 8], // Linux routes it to itself
  ["::", 128],
);
const forbidden = blockList(
  ["169.254.0.0", 16], // link-local; metadata services of AWS, Azure, Google and others
  ["fe80::", 10],
  ["fd00:ec2::", 32], // AWS: metadata, DNS, time
  ["fd20:ce::254", 128], // Google: metadata
  ["100.100.100.200", 32], // Alibaba: metadata
  ["168.63.129.16", 32], // Azure: platform services
  ["224.0.0.0", 3], // multicast, reserved, broadcast
  ["ff00::", 8],
  ["64:ff9b:1::", 48], // local-use NAT64 prefix (RFC 8215): the IPv4 address behind it is unknown
);

/** Why an IP address is not allowed; undefined if it is allowed. */
function addressError(
  address: string,
  { allowLoopback }: UrlRules,
): string | undefined {
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  if (forbidden.check(address, family))
    return `${address} is link-local, a cloud metadata service, or not a unicast address`;
  if (!allowLoopback && loopback.check(address, family))
    return `${address} is the machine that payment runs on`;
  return undefined;
}

/** Why a URL is not allowed, phrased to follow "url: "; undefined if it is allowed. */
export function urlError(text: string, rules: UrlRules): string | undefined {
  if (!URL.canParse(text)) return "is not a URL";
  const { protocol, username, password, hash, hostname, href } = new URL(text);
  if (protocol !== "https:" && (protocol !== "http:" || !rules.allowHttp))
    return `has to start with https://${rules.allowHttp ? " or http://" : ""}`;
  if (username || password)
    return "has credentials in it, which would be stored and shown: consumers authenticate webhooks by their signature";
  if (hash) return "has a fragment, which is never sent";
  if (href.length > 2048) return "is longer than 2048 characters";
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host)) return addressError(host, rules);
  if (!rules.allowLoopback && /(^|\.)localhost\.?$/.test(host))
    return `${host} is the machine that payment runs on`;
  return undefined;
}

/**
 * DNS lookup for connections that rejects names with a forbidden address: a name may resolve differently than when the
 * endpoint was added. IP literals in URLs skip the lookup and have to be checked before.
 */
export const safeLookup =
  (rules: UrlRules): LookupFunction =>
  (hostname, options, callback) =>
    dnsLookup(hostname, options, (error, found, family) => {
      if (error) return callback(error, "", 0);
      // An array if `options` ask for all addresses, which is Node.js' default.
      const all = (Array.isArray(found) ? found : [{ address: found }]) as {
        address: string;
      }[];
      for (const { address } of all) {
        const reason = addressError(address, rules);
        if (reason) return callback(new Error(`${hostname}: ${reason}`), "", 0);
      }
      callback(null, found, family);
    });
