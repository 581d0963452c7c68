import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type DatabaseSettings, databasePort } from "../../config/database.ts";
import type { EnvValue, SecretValue } from "../container-environment.ts";
import {
  createGeneratedSecret,
  type GeneratedValues,
} from "../generated-secret.ts";
import { componentTypes, forcePatch, recommendedLabels } from "../naming.ts";
import type { PolicySubject } from "../network-policies.ts";
import { createProvisioning, provisioner } from "./provisioning.ts";
import { createServer } from "./server.ts";

/** A database in this cluster or elsewhere, as config/database.ts defines them, and the services that use it. */
export type PostgresArgs = DatabaseSettings & {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The administrator's password. Required for a database elsewhere. @default a generated one */
  password?: string | undefined;
  /** The services that get a database and a role of their name, with the connection limit of each role. */
  connectionLimits: Readonly<Record<string, number>>;
  /** Whether a server may exist already. Then its image is checked before it is replaced. @default false */
  isDeployed?: boolean | undefined;
  /** Passwords that earlier deployments generated, to keep. @default none */
  generatedValues?: GeneratedValues | undefined;
};

/** The name that pods find the database by, in this cluster or elsewhere. */
const host = "postgres";

/**
 * PostgreSQL for all services: a StatefulSet with a volume, or a DNS name for a server elsewhere, with a database and a
 * role for each service. No committed data is lost with a pod (fsync and synchronous commit are on).
 */
export class Postgres extends pulumi.ComponentResource {
  /** The resource to depend on once every service has its role and database. */
  readonly provisioned: pulumi.Resource;
  /** The pods that NetworkPolicies have to know. */
  readonly network: readonly PolicySubject[];
  readonly #address: DatabaseAddress;
  readonly #passwords: Record<string, SecretValue>;

  constructor(
    name: string,
    args: PostgresArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.postgres, name, {}, opts);
    const child = { parent: this };
    const { namespace, connectionLimits, generatedValues: existing } = args;
    const selector = { app: name };
    const labels = { ...selector, ...recommendedLabels(name) };

    this.#address = addressOf(args);
    this.#passwords = Object.fromEntries(
      Object.keys(connectionLimits).map((service) => [
        service,
        createGeneratedSecret(
          `${service}-database-password`,
          { namespace, owner: service, existing },
          child,
        ),
      ]),
    );
    const adminPassword = createGeneratedSecret(
      `${name}-password`,
      { namespace, owner: name, given: args.password, existing },
      child,
    );
    const server =
      "externalName" in args
        ? undefined
        : createServer(
            name,
            {
              ...args,
              selector,
              labels,
              serviceName: host,
              adminPassword,
              isDeployed: args.isDeployed ?? false,
            },
            child,
          );
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: {
          name: host,
          namespace,
          labels,
          annotations: { ...forcePatch, "pulumi.com/skipAwait": "true" },
        },
        spec: serviceSpec(args, selector),
      },
      { ...child, ...(server && { dependsOn: server }) },
    );
    this.provisioned = createProvisioning(
      { ...args, adminPassword, passwords: this.#passwords },
      { ...child, dependsOn: server ? [server, service] : service },
    );
    this.network = [
      {
        name,
        app: name,
        port: this.#address.port,
        calls: [],
        readyResource: service,
        ingress: server ? "internal" : "external",
      },
      {
        name: provisioner,
        app: provisioner,
        calls: [name],
        readyResource: service,
        ingress: "internal",
      },
    ];
    this.registerOutputs();
  }

  /** The environment variables by which a service finds its database. */
  variables(service: string): Record<string, EnvValue> {
    const password = this.#passwords[service];
    if (!password) return {};
    const { port, tls } = this.#address;
    return {
      DATABASE_PASSWORD: password,
      DATABASE_URL: `postgres://${service}:$(DATABASE_PASSWORD)@${host}:${port}/${service}`,
      ...tls,
    };
  }
}

interface DatabaseAddress {
  port: number;
  /** Environment variables for TLS. */
  tls: Record<string, string>;
}

function addressOf(settings: DatabaseSettings): DatabaseAddress {
  if (!("externalName" in settings)) return { port: databasePort, tls: {} };
  const { port, tls, externalName, certificateAuthority } = settings;
  return {
    port,
    tls: {
      DATABASE_TLS: tls,
      DATABASE_TLS_NAME: externalName,
      ...(certificateAuthority && { DATABASE_TLS_CA: certificateAuthority }),
    },
  };
}

const serviceSpec = (
  settings: DatabaseSettings,
  selector: Record<string, string>,
): k8s.types.input.core.v1.ServiceSpec =>
  "externalName" in settings
    ? { type: "ExternalName", externalName: settings.externalName }
    : {
        type: "ClusterIP",
        selector,
        ports: [
          { name: "postgres", port: databasePort, targetPort: "postgres" },
        ],
      };
