import { isIP } from "node:net";
import { type Issues, isMap, isWhole } from "./issues.ts";
import { parseAnnotations } from "./object-metadata.ts";

/** What only a Service of type LoadBalancer has. */
export interface LoadBalancerSettings {
  /** Who may connect, as CIDR blocks. @default everybody */
  sourceRanges?: string[];
  /** What the cloud wants to know, such as service.beta.kubernetes.io/aws-load-balancer-type. */
  annotations: Record<string, string>;
  /** Seconds that `pulumi up` waits for an address. @default 300: clouds take one to four minutes */
  timeoutSeconds: number;
}

export const defaultLoadBalancer: LoadBalancerSettings = {
  annotations: {},
  timeoutSeconds: 300,
};

/** Checks `loadBalancer`. */
export function parseLoadBalancer(
  key: string,
  raw: unknown,
  report: Issues,
): LoadBalancerSettings {
  if (!isMap(raw)) {
    report.invalid(
      key,
      raw,
      "it must be a map, such as { sourceRanges: [203.0.113.0/24], timeoutSeconds: 300 }",
    );
    return defaultLoadBalancer;
  }
  report.rejectUnknownKeys(
    `${key}.`,
    raw,
    ["sourceRanges", "annotations", "timeoutSeconds"],
    "a setting of loadBalancer",
  );
  const {
    sourceRanges,
    annotations = defaultLoadBalancer.annotations,
    timeoutSeconds = defaultLoadBalancer.timeoutSeconds,
  } = raw;
  if (
    sourceRanges !== undefined &&
    (!Array.isArray(sourceRanges) || sourceRanges.length === 0)
  )
    report.invalid(
      `${key}.sourceRanges`,
      sourceRanges,
      "it must be a list of at least one CIDR block; without the key, everybody may connect",
    );
  const ranges = Array.isArray(sourceRanges) ? sourceRanges : [];
  ranges.forEach((range, index) => {
    if (!isCidr(range))
      report.invalid(
        `${key}.sourceRanges[${index}]`,
        range,
        "it must be a CIDR block, such as 203.0.113.0/24 or 198.51.100.7/32",
      );
  });
  const checkedAnnotations = parseAnnotations(
    `${key}.annotations`,
    annotations,
    report,
  );
  if (!isWhole(timeoutSeconds, 1, 3600))
    report.invalid(
      `${key}.timeoutSeconds`,
      timeoutSeconds,
      "it must be a whole number from 1 to 3600",
    );
  return {
    ...(ranges.length > 0 ? { sourceRanges: ranges as string[] } : {}),
    annotations: checkedAnnotations,
    timeoutSeconds: timeoutSeconds as number,
  };
}

function isCidr(range: unknown): boolean {
  if (typeof range !== "string") return false;
  const [address = "", bits = "", ...more] = range.split("/");
  const version = address.includes("%") ? 0 : isIP(address); // a zone is this machine's matter
  return (
    version !== 0 &&
    more.length === 0 &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (version === 4 ? 32 : 128)
  );
}
