import { isIP } from "node:net";
import { isMap, isWhole, type Report } from "./mistakes.ts";

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

/** An annotation's key, in small letters as Kubernetes judges it: a name of up to 63 characters, maybe after a DNS name and a slash. */
const annotationPattern =
  /^((?=[^/]{1,253}\/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[a-z0-9]([\w.-]{0,61}[a-z0-9])?$/;

/** Checks `loadBalancer`. */
export function parseLoadBalancer(
  key: string,
  raw: unknown,
  report: Report,
): LoadBalancerSettings {
  if (!isMap(raw)) {
    report.wrong(
      key,
      raw,
      "it must be a map, such as { sourceRanges: [203.0.113.0/24], timeoutSeconds: 300 }",
    );
    return defaultLoadBalancer;
  }
  report.known(
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
    report.wrong(
      `${key}.sourceRanges`,
      sourceRanges,
      "it must be a list of at least one CIDR block; without the key, everybody may connect",
    );
  const ranges = Array.isArray(sourceRanges) ? sourceRanges : [];
  ranges.forEach((range, index) => {
    if (!isCidr(range))
      report.wrong(
        `${key}.sourceRanges[${index}]`,
        range,
        "it must be a CIDR block, such as 203.0.113.0/24 or 198.51.100.7/32",
      );
  });
  if (!isMap(annotations))
    report.wrong(
      `${key}.annotations`,
      annotations,
      "it must be a map of texts, as Kubernetes' annotations are",
    );
  else
    for (const [name, value] of Object.entries(annotations)) {
      if (!annotationPattern.test(name.toLowerCase()))
        report.mistake(
          `${key}.annotations`,
          `has "${name}", which can't be an annotation's key: that is letters, digits, dots, dashes and underscores, maybe after a domain and a slash`,
        );
      if (typeof value !== "string")
        report.wrong(
          `${key}.annotations["${name}"]`,
          value,
          'it must be a text; in YAML, put "quotes" around numbers, true and false',
        );
    }
  if (!isWhole(timeoutSeconds, 1, 3600))
    report.wrong(
      `${key}.timeoutSeconds`,
      timeoutSeconds,
      "it must be a whole number from 1 to 3600",
    );
  return {
    ...(ranges.length > 0 ? { sourceRanges: ranges as string[] } : {}),
    annotations: annotations as Record<string, string>,
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
