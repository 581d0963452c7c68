import { type Issues, list, suggestion } from "./issues.ts";

/**
 * Kubernetes' values: Cluster spreads connections over all pods and hides clients' addresses behind a node's, Local
 * keeps both.
 */
const trafficPolicies = ["Cluster", "Local"] as const;
export type TrafficPolicy = (typeof trafficPolicies)[number];

/** Checks `externalTrafficPolicy`. */
export function parseTrafficPolicy(
  key: string,
  raw: unknown,
  issues: Issues,
): { externalTrafficPolicy?: TrafficPolicy } {
  if (raw === undefined) return {};
  const policy = trafficPolicies.find((policy) => policy === raw);
  if (policy) return { externalTrafficPolicy: policy };
  issues.invalid(
    key,
    raw,
    `it must be ${list(trafficPolicies, "or")}`,
    suggestion(String(raw), trafficPolicies),
  );
  return {};
}
