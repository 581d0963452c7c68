import * as pulumi from "@pulumi/pulumi";
import { type Issues, list, suggestion } from "./issues.ts";
import type { ServiceSettings } from "./service.ts";

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
  report: Issues,
): { externalTrafficPolicy?: TrafficPolicy } {
  if (raw === undefined) return {};
  const policy = trafficPolicies.find((policy) => policy === raw);
  if (policy) return { externalTrafficPolicy: policy };
  report.invalid(
    key,
    raw,
    `it must be ${list(trafficPolicies, "or")}`,
    suggestion(String(raw), trafficPolicies),
  );
  return {};
}

interface Exposure {
  services: Partial<Record<string, ServiceSettings>>;
  /** How many proxies in front of streaming write X-Forwarded-For. */
  trustedProxies: number;
}

/**
 * Whether auth learns its clients' IP addresses: streaming must be its only way in, and learn the addresses itself from
 * trusted proxies or from connections that keep them.
 */
export const preservesClientAddresses = ({
  services: { auth, streaming },
  trustedProxies,
}: Exposure): boolean =>
  // An auth with an address of its own can't know which connections are streaming's, so it trusts no X-Forwarded-For.
  auth?.type === "ClusterIP" &&
  (trustedProxies > 0 ||
    (streaming !== undefined &&
      streaming.type !== "ExternalName" &&
      streaming.externalTrafficPolicy === "Local"));

/** Warns if the internet can reach auth, through streaming or directly, and auth can't tell its clients apart. */
export function warnOfHiddenClients(exposure: Exposure): void {
  const { auth, streaming } = exposure.services;
  const isExposed = [auth, streaming].some(
    (service) => service?.type === "LoadBalancer",
  );
  if (!isExposed || auth?.type === "ExternalName") return;
  if (preservesClientAddresses(exposure)) return;
  void pulumi.log.warn(
    "auth can't see its clients' IP addresses, so it does not limit sign-ups and sign-ins per network. " +
      (auth?.type === "ClusterIP"
        ? "Set services.streaming.externalTrafficPolicy to Local or, if the load balancer writes X-Forwarded-For, marquee:trustedProxies to 1."
        : "Expose streaming alone, and make auth a ClusterIP."),
  );
}
