import type { ServiceSettings } from "./service.ts";

interface Exposure {
  services: Partial<Record<string, ServiceSettings>>;
  /** The number of proxies in front of streaming that write X-Forwarded-For. */
  trustedProxies: number;
}

/**
 * Whether auth learns its clients' IP addresses: clients must reach it through streaming alone, and streaming must
 * learn the addresses from trusted proxies or from connections that keep them.
 */
export const preservesClientAddresses = ({
  services: { auth, streaming },
  trustedProxies,
}: Exposure): boolean =>
  // An auth that is exposed itself can't tell which connections are streaming's, so it trusts no X-Forwarded-For.
  auth?.type === "ClusterIP" &&
  (trustedProxies > 0 ||
    (streaming !== undefined &&
      streaming.type !== "ExternalName" &&
      streaming.externalTrafficPolicy === "Local"));

/** A warning if the internet can reach auth, through streaming or directly, and auth can't tell its clients apart. */
export function hiddenClientsWarning(exposure: Exposure): string | undefined {
  const { auth, streaming } = exposure.services;
  const isExposed = [auth, streaming].some(
    (service) => service?.type === "LoadBalancer",
  );
  if (!isExposed || auth?.type === "ExternalName") return undefined;
  if (preservesClientAddresses(exposure)) return undefined;
  const fix =
    auth?.type === "ClusterIP"
      ? "Set services.streaming.externalTrafficPolicy to Local or, if the load balancer writes X-Forwarded-For, marquee:trustedProxies to 1."
      : "Expose streaming alone, and make auth a ClusterIP.";
  return `auth can't see its clients' IP addresses, so it does not limit sign-ups and sign-ins per network. ${fix}`;
}
