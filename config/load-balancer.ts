import { isIP } from "node:net";
import type { Issues } from "./issues.ts";
import { parseAnnotations } from "./object-metadata.ts";
import { isMap, isWhole } from "./values.ts";

/** The settings that only a Service of type LoadBalancer has. */
export interface LoadBalancerSettings {
  /** The CIDR blocks that clients may connect from. @default everywhere */
  sourceRanges?: string[];
  /** The cloud's own settings, such as service.beta.kubernetes.io/aws-load-balancer-type. */
  annotations: Record<string, string>;
  /** Seconds that `pulumi up` waits for an address. @default 300: clouds take one to four minutes */
  timeoutSeconds: number;
}

export const defaultLoadBalancer: LoadBalancerSettings = {
  annotations: {},
  timeoutSeconds: 300,
};

/**
 * Checks `loadBalancer`.
 * @param isOfType whether the service has type LoadBalancer
 */
export function parseLoadBalancer(
  key: string,
  raw: unknown,
  isOfType: boolean,
  issues: Issues,
): { loadBalancer?: LoadBalancerSettings } {
  if (!isOfType) return {};
  if (raw === undefined) return { loadBalancer: defaultLoadBalancer };
  if (!isMap(raw)) {
    issues.invalid(
      key,
      raw,
      "it must be a map, such as { sourceRanges: [203.0.113.0/24], timeoutSeconds: 300 }",
    );
    return { loadBalancer: defaultLoadBalancer };
  }
  issues.rejectUnknownKeys(
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
  const ranges = parseSourceRanges(`${key}.sourceRanges`, sourceRanges, issues);
  const checkedAnnotations = parseAnnotations(
    `${key}.annotations`,
    annotations,
    issues,
  );
  if (!isWhole(timeoutSeconds, 1, 3600))
    issues.invalid(
      `${key}.timeoutSeconds`,
      timeoutSeconds,
      "it must be a whole number from 1 to 3600",
    );
  return {
    loadBalancer: {
      ...(ranges.length > 0 && { sourceRanges: ranges }),
      annotations: checkedAnnotations,
      timeoutSeconds: timeoutSeconds as number,
    },
  };
}

function parseSourceRanges(
  key: string,
  raw: unknown,
  issues: Issues,
): string[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw) || raw.length === 0) {
    issues.invalid(
      key,
      raw,
      "it must be a list of at least one CIDR block; without the key, clients may connect from everywhere",
    );
    return [];
  }
  for (const [index, range] of raw.entries())
    if (!isCidr(range))
      issues.invalid(
        `${key}[${index}]`,
        range,
        "it must be a CIDR block, such as 203.0.113.0/24 or 198.51.100.7/32",
      );
  return raw;
}

function isCidr(range: unknown): boolean {
  if (typeof range !== "string") return false;
  const [address = "", bits = "", ...more] = range.split("/");
  const version = address.includes("%") ? 0 : isIP(address); // a zone only has meaning on one machine
  return (
    version !== 0 &&
    more.length === 0 &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (version === 4 ? 32 : 128)
  );
}
