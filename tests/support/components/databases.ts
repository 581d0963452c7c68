import type * as pulumi from "@pulumi/pulumi";
import {
  Postgres,
  type PostgresArgs,
} from "../../../components/postgres/postgres.ts";
import { createProvisioning } from "../../../components/postgres/provisioning.ts";
import type { DatabaseSettings } from "../../../config/database.ts";
import { database, least } from "./database-configurations.ts";
import {
  deploy,
  type EngineOptions,
  known,
  only,
  recordOptions,
} from "./engine.ts";
import { secretType } from "./microservices.ts";

export const claimType = "kubernetes:core/v1:PersistentVolumeClaim";
export const jobType = "kubernetes:batch/v1:Job";
export const postgresType = "marquee:components:Postgres";
export const statefulSetType = "kubernetes:apps/v1:StatefulSet";

/** The settings of a database in the cluster, and of one outside; each with `more`. */
export const here = (more: object = {}) => database(more);
export const elsewhere = (more: object = {}) => database({ ...least, ...more });

/** Deploys the database of some services; the names of Secrets get the suffix "-1a2b". */
export async function postgres(
  settings: DatabaseSettings = here(),
  {
    services = ["auth"],
    connectionLimits = limits(services),
    password,
    isDeployed,
    answers,
  }: Partial<PostgresArgs> & { services?: string[] } & Pick<
      EngineOptions,
      "answers"
    > = {},
) {
  const options: Record<string, pulumi.CustomResourceOptions> = {};
  const { outputs, resources } = await deploy(
    () => {
      const postgres = new Postgres(
        "postgres",
        {
          ...settings,
          namespace: "marquee-dev",
          connectionLimits,
          password,
          isDeployed,
        },
        recordOptions(options),
      );
      const { provisioned, network } = postgres;
      return {
        provisioned: provisioned.urn,
        network: network.map(({ readyResource, ...rest }) => ({
          ...rest,
          arrival: readyResource.urn,
        })),
        variables: [...services, "nobody"].map((service) =>
          Object.entries(postgres.variables(service)),
        ),
      };
    },
    {
      answers: {
        [secretType]: ({ name }) => ({ metadata: { name: `${name}-1a2b` } }),
        ...answers,
      },
    },
  );
  return { ...outputs, resources, options };
}

/** The connection limit of services with few pods, by service. */
const limits = (services: string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(services.map((service) => [service, 65]));

/** The Job that creates roles and databases with these passwords. */
export async function provisioning(
  settings: DatabaseSettings,
  adminPassword: string,
  passwords: Record<string, string>,
  stack = "dev",
  connectionLimits = limits(Object.keys(passwords)),
) {
  const { resources } = await deploy(
    () => {
      createProvisioning(
        {
          ...settings,
          namespace: "marquee-dev",
          adminPassword,
          passwords,
          connectionLimits,
        },
        {},
      );
    },
    { stack },
  );
  return only(resources, jobType, "postgres-provision").inputs;
}

/** The names of the resources that a resource depends on. */
export const awaited = (options?: pulumi.CustomResourceOptions) =>
  Promise.all(
    [options?.dependsOn ?? []].flat().map(async (resource) => {
      const urn = await known((resource as pulumi.Resource).urn);
      return urn.split("::").at(-1);
    }),
  );
