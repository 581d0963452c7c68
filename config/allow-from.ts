import type { Issues } from "./issues.ts";
import { isMap, isText } from "./values.ts";

/** Pods of another namespace that may call a service: an ingress controller, a gateway, Prometheus. */
export interface OutsideCaller {
  namespace: string;
  /** The labels of those pods. @default all pods of the namespace */
  podLabels?: Record<string, string>;
}

/** A namespace's name: a DNS label (RFC 1123). */
const namespacePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const example =
  "{ namespace: ingress-nginx, podLabels: { app.kubernetes.io/name: ingress-nginx } }";

/** Checks `services.‹name›.allowFrom`. */
export function parseAllowFrom(
  key: string,
  raw: unknown,
  issues: Issues,
): { allowFrom?: readonly OutsideCaller[] } {
  if (raw === undefined) return {};
  if (!Array.isArray(raw)) {
    issues.invalid(key, raw, `it must be a list, such as [${example}]`);
    return {};
  }
  if (raw.length === 0) return {};
  return {
    allowFrom: raw.map((caller, index) =>
      parseCaller(`${key}[${index}]`, caller, issues),
    ),
  };
}

function parseCaller(key: string, raw: unknown, issues: Issues): OutsideCaller {
  if (!isMap(raw)) {
    issues.invalid(key, raw, `it must be a map, such as ${example}`);
    return { namespace: "" };
  }
  issues.rejectUnknownKeys(
    `${key}.`,
    raw,
    ["namespace", "podLabels"],
    "a setting of a caller",
  );
  const { namespace, podLabels } = raw;
  if (typeof namespace !== "string" || !namespacePattern.test(namespace))
    issues.invalid(
      `${key}.namespace`,
      namespace,
      "it must be the name of a namespace, such as ingress-nginx",
    );
  if (podLabels === undefined) return { namespace: String(namespace) };
  if (
    !isMap(podLabels) ||
    Object.keys(podLabels).length === 0 ||
    !Object.values(podLabels).every(isText)
  )
    issues.invalid(
      `${key}.podLabels`,
      podLabels,
      "it must be a map of labels to their values, or left out for all pods of the namespace",
    );
  return {
    namespace: String(namespace),
    podLabels: podLabels as Record<string, string>,
  };
}
