import { poolSize } from "../packages/service-kit/database/pool-size.ts";
import { defaultPods } from "./autoscaling.ts";
import { type DatabaseSettings, maxConnections } from "./database.ts";
import { type Issues, list } from "./issues.ts";
import type { DeployedSettings, ServiceSettings } from "./service.ts";

/** The lowest limit of a role: enough for 6 pods, so that small stacks can grow without an update of their roles. */
const minLimit = 65;

/** A role's connections besides its pods': a killed pod's, until the server notices, or psql's. */
const spare = poolSize;

/** Connections of the administrator, the provisioning Job, backups and monitoring. */
const reserved = 10;

/**
 * The most connections that a service's pods open. A rollout may double the pods: Kubernetes does not count the old
 * ones that still drain against maxSurge.
 */
export const connectionsOf = (pods: number): number =>
  2 * pods * poolSize + spare;

const podsOf = ({ autoscale, replicas }: DeployedSettings): number =>
  autoscale?.max ?? replicas ?? defaultPods;

/**
 * The connection limits of the services' roles, by service.
 * @param names the services that have a database; those that run elsewhere are left out
 */
export function connectionLimits<Name extends string>(
  services: Record<Name, ServiceSettings>,
  names: readonly Name[],
): Record<string, number> {
  return Object.fromEntries(
    deployed(services, names).map(({ name, settings }) => [
      name,
      Math.max(minLimit, connectionsOf(podsOf(settings))),
    ]),
  );
}

/** Checks that the database accepts the connections of all services together. */
export function checkConnections<Name extends string>(
  services: Record<Name, ServiceSettings>,
  names: readonly Name[],
  database: DatabaseSettings,
  issues: Issues,
): void {
  const uses = deployed(services, names)
    .map(({ name, settings }) => ({
      name,
      pods: podsOf(settings),
      connections: connectionsOf(podsOf(settings)),
      key: `services.${name}.${settings.autoscale ? "autoscale.max" : "replicas"}`,
    }))
    .sort((a, b) => b.connections - a.connections);
  const [largest] = uses;
  const sum = uses.reduce((sum, { connections }) => sum + connections, 0);
  if (!largest || sum + reserved <= database.maxConnections) return;
  const each = uses.map(
    ({ name, pods, connections }) =>
      `${connections} for ${name} (${pods} ${pods === 1 ? "pod" : "pods"})`,
  );
  const byDefault =
    database.maxConnections === maxConnections.default ? " (the default)" : "";
  const advice =
    "externalName" in database
      ? "to what the database accepts (`SHOW max_connections`, or a pooler's max_client_conn)"
      : "(and database.resources.limits.memory by up to 10 MiB per connection)";
  issues.add(
    "database.maxConnections",
    `is ${database.maxConnections}${byDefault}: the services need ${sum + reserved} connections, ${list([...each, `${reserved} for administration`])}. A pod opens up to ${poolSize}, a rollout may double the pods, and each service has ${spare} spare. Lower ${largest.key}, or raise database.maxConnections ${advice}`,
  );
}

/** The services that run here. */
const deployed = <Name extends string>(
  services: Record<Name, ServiceSettings>,
  names: readonly Name[],
) =>
  names.flatMap((name) => {
    const settings: ServiceSettings = services[name];
    return settings.type === "ExternalName" ? [] : [{ name, settings }];
  });
