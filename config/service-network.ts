import type { OutsideCaller } from "./allow-from.ts";
import { endpointPorts } from "./log-sidecar.ts";
import type { ServiceSettings } from "./service.ts";

/** The settings of a service that NetworkPolicies depend on. */
export interface NetworkSettings {
  /** Whether anyone may call it, or only pods, or whether it runs elsewhere. */
  ingress: "public" | "internal" | "external";
  /** Only if it runs elsewhere: its port there. */
  port?: number;
  allowFrom?: readonly OutsideCaller[];
  egressPorts: readonly number[];
}

/**
 * A service's callers and egress ports.
 * @param egressPorts ports outside of the stack that it calls, besides its log endpoint's
 */
export function serviceNetwork(
  service: ServiceSettings,
  egressPorts: readonly number[] = [],
): NetworkSettings {
  if (service.type === "ExternalName")
    return {
      ingress: "external",
      ...(service.port !== undefined && { port: service.port }),
      egressPorts: [],
    };
  const logPorts = endpointPorts(service.logSidecar);
  return {
    // A Service with an external address admits everyone.
    ingress: service.type === "ClusterIP" ? "internal" : "public",
    ...(service.allowFrom && { allowFrom: service.allowFrom }),
    egressPorts: [...new Set([...logPorts, ...egressPorts])],
  };
}
