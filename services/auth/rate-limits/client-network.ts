import { isIPv4, isIPv6 } from "node:net";

/**
 * The network that one client usually has to itself: the IPv4 address, or the /64 prefix of the IPv6 address, within
 * which clients can choose any address. Anything else is "unknown".
 */
export function networkOf(address: string | undefined): string {
  const plain = (address ?? "").replace(/%.*$/, ""); // fe80::1%eth0
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain)) return "unknown";
  const groups = parseGroups(plain);
  // ::ffff:192.0.2.1: IPv4 on a dual-stack socket.
  if (groups.slice(0, 6).join() === "0,0,0,0,0,65535")
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join(".");
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

/** The eight groups of a valid IPv6 address. */
function parseGroups(address: string): number[] {
  const hexadecimal = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a, b, c, d) =>
      `${(a * 256 + +b).toString(16)}:${(c * 256 + +d).toString(16)}`,
  );
  const [front = [], back] = hexadecimal
    .split("::")
    .map((part) => part.split(":").filter(Boolean));
  const zeros = back ? 8 - front.length - back.length : 0;
  return [...front, ...Array(zeros).fill("0"), ...(back ?? [])].map((group) =>
    Number.parseInt(group, 16),
  );
}
