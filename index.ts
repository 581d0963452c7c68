import * as pulumi from "@pulumi/pulumi";
import { deployService } from "./components/deploy-service.ts";
import { NetworkPolicies } from "./components/network-policies.ts";
import { Postgres } from "./components/postgres/postgres.ts";
import { prepare } from "./components/prepare.ts";
import { createProvider } from "./components/providers.ts";
import { createStackNamespace } from "./components/stack-namespace.ts";
import {
  defineSystem,
  type ServiceName,
  serviceNames,
  servicesWithDatabase,
} from "./system.ts";

const namespaceName = `${pulumi.getProject()}-${pulumi.getStack()}`;

// Loads and checks the configuration, and finds what else would fail, before something is built or changed.
const prepared = await prepare(
  namespaceName,
  serviceNames,
  servicesWithDatabase,
);
const { settings, record, databaseImage, generatedValues } = prepared;
const system = defineSystem(settings, namespaceName);

const provider = createProvider("cluster", settings.context, namespaceName);
const opts = { provider };
const stack = await createStackNamespace(namespaceName, settings, record, opts);

const postgres =
  databaseImage &&
  new Postgres(
    "postgres",
    {
      ...settings.database,
      namespace: stack.podNamespace,
      image: databaseImage.reference,
      password: settings.secrets.postgres?.PASSWORD,
      connectionLimits: prepared.databaseLimits,
      isDeployed: record.hasNamespace || settings.adopt !== undefined,
      generatedValues,
    },
    opts,
  );

const deploy = (name: ServiceName) =>
  deployService(
    name,
    {
      ...system[name],
      namespace: stack.podNamespace,
      settings: settings.services[name],
      database: system[name].database ? postgres : undefined,
      secrets: settings.secrets[name],
      generatedValues,
      imageOf: prepared.imageOf,
      pullSecret: stack.pullSecret,
      nodeHost: prepared.nodeHost,
    },
    opts,
  );
const services = serviceNames.map(deploy);
const network = services.map(({ network }) => network);

new NetworkPolicies(
  "network",
  {
    namespace: stack.podNamespace,
    services: [...network, ...(postgres?.network ?? [])],
  },
  opts,
);

/** The URL to open, per service. */
export const endpoints = Object.fromEntries(
  services.map(({ network, url }) => [network.name, url]),
);

/** The images that run here, by digest, per program. */
export const images = Object.assign({}, ...services.map((s) => s.images));

/** The namespace that it runs in. */
export const namespace = stack.name;

/** The record by which the next update recognises this deployment. */
export const deployment = {
  context: settings.context,
  owner: stack.owner,
  ...(databaseImage && { databaseImage }),
};
