import { mediaVolumes } from "./components/media-volumes.ts";
import type { PodVolume } from "./components/microservice/pod-volume.ts";
import { serviceUrl } from "./components/service-url.ts";
import { preservesClientAddresses } from "./config/client-addresses.ts";
import { mediaEgressPorts, mediaVariables } from "./config/media.ts";
import { paymentEgressPorts, paymentVariables } from "./config/payments.ts";
import type { Settings } from "./config/settings.ts";

export const serviceNames = ["auth", "payment", "streaming"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** One service of the system. */
export interface ServiceSpec {
  /** The port that its pods listen on. */
  port: number;
  /** The services that it calls. */
  calls: readonly ServiceName[];
  /** It keeps data, in a database and by a role of its name. @default false */
  database?: boolean;
  env: Record<string, string>;
  /** Environment variables with a randomly generated value. */
  generatedSecrets: readonly string[];
  /** Ports outside of the stack that it calls. @default none */
  egressPorts?: readonly number[];
  /** @default none */
  volumes?: readonly PodVolume[];
}

/** The part that does not depend on the settings: the configuration is checked with it. */
const constants: Record<
  ServiceName,
  Pick<ServiceSpec, "port" | "calls" | "database">
> = {
  auth: { port: 8081, calls: [], database: true },
  payment: { port: 8082, calls: ["auth"], database: true },
  streaming: { port: 8083, calls: ["auth", "payment"], database: true },
};

export const servicesWithDatabase = serviceNames.filter(
  (name) => constants[name].database,
);

/**
 * The three services of Marquee. Only streaming is for the public.
 * @param namespace the stack's namespace
 */
export function defineSystem(
  settings: Settings<ServiceName>,
  namespace: string,
): Record<ServiceName, ServiceSpec> {
  const { services, trustedProxies, payments, media } = settings;
  const urlOf = (name: ServiceName, host = `${name}-service`) =>
    serviceUrl(host, services[name].port ?? constants[name].port);
  const issuer =
    settings.issuer ?? urlOf("auth", `auth-service.${namespace}.svc`);
  // The keys come from auth's address in the cluster, whatever the issuer is.
  const tokenVerification = {
    ISSUER: issuer,
    JWKS_URL: `${urlOf("auth")}/.well-known/jwks.json`,
  };
  // Streaming adds one proxy hop. If auth is also exposed directly, trust none: clients could forge X-Forwarded-For.
  const authProxies =
    services.auth.type === "ClusterIP" ? trustedProxies + 1 : 0;
  const keepAlive = settings.keepAliveSeconds && {
    KEEP_ALIVE_SECONDS: `${settings.keepAliveSeconds}`,
  };
  return {
    auth: {
      ...constants.auth,
      env: {
        ISSUER: issuer,
        // Returns the 19 MiB of each password hash to the node. glibc would otherwise learn to keep them (mallopt(3)).
        MALLOC_MMAP_THRESHOLD_: "131072",
        TRUSTED_PROXIES: `${authProxies}`,
        CLIENT_ADDRESSES: preservesClientAddresses(settings)
          ? "preserved"
          : "hidden",
        ...keepAlive,
      },
      generatedSecrets: ["KEY_ENCRYPTION_KEY"],
    },
    payment: {
      ...constants.payment,
      env: {
        ...tokenVerification,
        ...paymentVariables(payments),
        ...keepAlive,
      },
      generatedSecrets: ["KEY_ENCRYPTION_KEY", "OPERATOR_KEY"],
      egressPorts: paymentEgressPorts(payments),
    },
    streaming: {
      ...constants.streaming,
      env: {
        ...tokenVerification,
        AUTH_URL: urlOf("auth"),
        PAYMENT_URL: urlOf("payment"),
        PROCESSOR: payments.processor,
        TRUSTED_PROXIES: `${trustedProxies}`,
        ...mediaVariables(media),
        ...keepAlive,
      },
      generatedSecrets: ["PLAYBACK_KEY"],
      egressPorts: mediaEgressPorts(media),
      volumes: mediaVolumes(media),
    },
  };
}
