import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readDeploymentRecord } from "./components/deployment-record.ts";
import { ExternalService } from "./components/external-service.ts";
import { readGeneratedValues } from "./components/generated-secret.ts";
import { bundle } from "./components/images/bundle.ts";
import {
  imageSource,
  imagesToBuild,
  pinDatabaseImage,
} from "./components/images/image-source.ts";
import { logShipper } from "./components/microservice/log-sidecar.ts";
import { Microservice } from "./components/microservice/microservice.ts";
import { NetworkPolicies } from "./components/network-policies.ts";
import { Postgres } from "./components/postgres/postgres.ts";
import { nodeHost, preflight, readKubeconfig } from "./components/preflight.ts";
import { createPullSecret } from "./components/pull-secret.ts";
import { serviceUrl } from "./components/service-url.ts";
import {
  createDefaultAccount,
  createNamespace,
} from "./components/stack-namespace.ts";
import {
  preservesClientAddresses,
  warnOfHiddenClients,
} from "./config/client-addresses.ts";
import { connectionLimits } from "./config/connection-limits.ts";
import {
  mediaOutside,
  mediaVariables,
  mediaVolumes,
  type PodVolume,
} from "./config/media.ts";
import { paymentOutside, paymentVariables } from "./config/payments.ts";
import { networkUse } from "./config/service.ts";
import { loadSettings, type Settings } from "./config/settings.ts";

const environment = `${pulumi.getProject()}-${pulumi.getStack()}`;

// The system: three services, the port that each one's pods listen on, and which services it calls. Only streaming
// faces people. A service that calls postgres has a database there. Each variable that a service generates has a
// random, secret value.
const system: Record<"auth" | "payment" | "streaming", SystemService> = {
  auth: {
    port: 8081,
    calls: ["postgres"],
    generates: ["KEY_ENCRYPTION_KEY"],
    configured: (settings) => ({
      env: {
        ISSUER: issuer(settings),
        // A password's hash takes 19 MiB, which go back to the node at once; glibc would learn to keep them
        // (mallopt(3)).
        MALLOC_MMAP_THRESHOLD_: "131072",
        // Streaming adds one proxy hop. If auth is also exposed directly, trust none: clients could forge
        // X-Forwarded-For.
        TRUSTED_PROXIES: `${settings.services.auth?.type === "ClusterIP" ? settings.trustedProxies + 1 : 0}`,
        CLIENT_ADDRESSES: preservesClientAddresses(settings)
          ? "preserved"
          : "hidden",
      },
    }),
  },
  payment: {
    port: 8082,
    calls: ["auth", "postgres"],
    generates: ["KEY_ENCRYPTION_KEY", "OPERATOR_KEY"],
    configured: (settings) => ({
      env: {
        ...verification(settings),
        ...paymentVariables(settings.payments),
      },
      egressPorts: paymentOutside(settings.payments),
    }),
  },
  streaming: {
    port: 8083,
    calls: ["auth", "payment", "postgres"],
    generates: ["PLAYBACK_KEY"],
    configured: (settings) => ({
      env: {
        ...verification(settings),
        AUTH_URL: origin("auth-service", "auth", settings),
        PAYMENT_URL: origin("payment-service", "payment", settings),
        PROCESSOR: settings.payments.processor,
        TRUSTED_PROXIES: `${settings.trustedProxies}`,
        ...mediaVariables(settings.media),
      },
      egressPorts: mediaOutside(settings.media),
      volumes: mediaVolumes(settings.media),
    }),
  },
};
interface SystemService {
  port: number;
  calls: string[];
  generates: string[];
  configured: (settings: Settings) => Configured;
}
/** What follows for a service from the stack's configuration. */
interface Configured {
  env: Record<string, string>;
  /** Ports that it calls outside of the stack. */
  egressPorts?: number[];
  volumes?: PodVolume[];
}
const names = Object.keys(system) as (keyof typeof system)[];

/** A service's URL at a host that leads to its Service. */
const origin = (
  host: string,
  name: keyof typeof system,
  { services }: Settings,
) => serviceUrl(host, services[name]?.port ?? system[name].port);

/** The issuer of access tokens: by default auth's URL in this cluster, from any namespace. */
const issuer = (settings: Settings) =>
  settings.issuer ??
  origin(`auth-service.${environment}.svc`, "auth", settings);

/** How a service verifies access tokens. The keys come from auth's address in the cluster, whatever its issuer is. */
const verification = (settings: Settings) => ({
  ISSUER: issuer(settings),
  JWKS_URL: `${origin("auth-service", "auth", settings)}/.well-known/jwks.json`,
});

const withDatabase = names.filter((name) =>
  system[name].calls.includes("postgres"),
);

// Everything that can be wrong before something is built or changed is found here.
const settings = loadSettings(names, withDatabase);
warnOfHiddenClients(settings);
const kubeconfig = readKubeconfig();
const record = await readDeploymentRecord(environment);
await preflight(settings, kubeconfig, record, environment);
const generatedValues = await readGeneratedValues(
  settings,
  kubeconfig,
  record,
  environment,
);
const contentHashes = await bundle(imagesToBuild(settings));
const imageOf = await imageSource(settings, contentHashes);
const limits = connectionLimits(settings.services, withDatabase);
const databaseImage =
  Object.keys(limits).length > 0
    ? await pinDatabaseImage(settings.database.image, record.databaseImage)
    : undefined;

const cluster: k8s.ProviderArgs = {
  context: settings.context,
  kubeconfig: "", // the SDK would put this machine's $KUBECONFIG into the state; without, the provider reads it itself
  namespace: environment,
  // Client-side limits are for controllers that never rest; the API server has limits of its own (API Priority and Fairness).
  kubeClientSettings: { qps: 1000, burst: 1000 },
};
const provider = new k8s.Provider("cluster", cluster);
const stackNamespace = await createNamespace(
  environment,
  record,
  { ...settings.namespace, retain: settings.retainData },
  { provider },
);
const pullSecret =
  settings.registryCredentials &&
  createPullSecret(
    settings.registryCredentials,
    stackNamespace.name,
    new k8s.Provider("cluster-mutable-secrets", {
      ...cluster,
      enableSecretMutable: true,
    }),
  );
const namespaceName = createDefaultAccount(stackNamespace.name, pullSecret, {
  provider,
});

const postgres =
  databaseImage !== undefined
    ? new Postgres(
        "postgres",
        {
          namespace: namespaceName,
          settings: { ...settings.database, image: databaseImage.reference },
          password: settings.secrets.postgres?.PASSWORD,
          connectionLimits: limits,
          isDeployed: record.hasNamespace || settings.adopt !== undefined,
          generatedValues,
        },
        { provider },
      )
    : undefined;

const configured = Object.fromEntries(
  names.map((name) => [name, system[name].configured(settings)]),
) as Record<(typeof names)[number], Configured>;

/** One service: a name for one that runs elsewhere, or its image, its pods and what leads to them. */
function deploy(name: (typeof names)[number]) {
  const service = settings.services[name];
  const { port, generates } = system[name];
  const { env, volumes } = configured[name];
  const args = { namespace: namespaceName, port };
  if (service.type === "ExternalName") {
    const { externalName } = service;
    return new ExternalService(
      name,
      { ...args, port: service.port ?? port, externalName },
      { provider },
    );
  }
  return new Microservice(
    name,
    {
      ...args,
      image: imageOf(name),
      pullSecret,
      logShipper: service.logSidecar && imageOf(logShipper),
      env: {
        ...env,
        ...(settings.keepAliveSeconds !== undefined && {
          KEEP_ALIVE_SECONDS: `${settings.keepAliveSeconds}`,
        }),
        ...postgres?.variables(name),
      },
      generatedSecrets: generates,
      generatedValues,
      volumes,
      secrets: settings.secrets[name],
      settings: service,
      nodeHost: nodeHost(kubeconfig, settings.context),
      after: name in limits ? postgres?.provisioned : undefined,
    },
    { provider },
  );
}
const services = names.map((name) => ({ name, service: deploy(name) }));

new NetworkPolicies(
  "network",
  {
    namespace: namespaceName,
    services: [
      ...services.map(({ name, service: { readyResource } }) => ({
        name,
        app: `${name}-service`,
        readyResource,
        ...system[name],
        ...networkUse(settings.services[name], configured[name].egressPorts),
      })),
      ...(postgres?.network ?? []),
    ],
  },
  { provider },
);

/** What to open, per service. */
export const endpoints = Object.fromEntries(
  services.map(({ name, service }) => [name, service.url]),
);

/** What runs, per program that runs here: images by digest. */
export const images = Object.fromEntries(
  services.flatMap(({ service }) =>
    service instanceof Microservice ? Object.entries(service.images) : [],
  ),
);

/** Where it runs. */
export const namespace = stackNamespace.name;

/** By which the next update recognises this deployment. */
export const deployment = {
  context: settings.context,
  owner: stackNamespace.owner,
  ...(databaseImage && { databaseImage }),
};
