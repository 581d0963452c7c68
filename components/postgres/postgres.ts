import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  type DatabaseSettings,
  type DeployedDatabase,
  databasePort,
} from "../../config/database.ts";
import {
  createGeneratedSecret,
  type EnvValue,
  type GeneratedValues,
  type SecretValue,
} from "../generated-secret.ts";
import { componentTypes, forcePatch, recommendedLabels } from "../naming.ts";
import type { NetworkService } from "../network-policies.ts";
import { imageCheckPod, postgresPod } from "./pod.ts";
import { createProvisioning, provisioner } from "./provisioning.ts";

export interface PostgresArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  settings: DatabaseSettings;
  /** The password of the superuser here, or of `settings.user` elsewhere. @default a generated one; elsewhere it must be said */
  password?: string | undefined;
  /** The services that get a database and a role of their name, each with its role's connection limit. */
  connectionLimits: Readonly<Record<string, number>>;
  /** Whether a server may exist already. Then its image is checked before it is replaced. @default false */
  isDeployed?: boolean | undefined;
  /** Passwords that were generated before, to go on with. @default none */
  generatedValues?: GeneratedValues | undefined;
}

/** How long an image may take to be pulled and checked. */
const imageCheckSeconds = 120;

/** The name that pods find it by, wherever it is. */
const host = "postgres";

/**
 * PostgreSQL for all services: a StatefulSet with a volume, or a name for one that runs elsewhere; and in either, a database
 * and a role for each service. Restarts and deleted pods lose nothing that was committed (fsync and synchronous commit are on).
 */
export class Postgres extends pulumi.ComponentResource {
  /** What is there once every service has its role and database. */
  readonly provisioned: pulumi.Resource;
  /** Its part in the network. */
  readonly network: readonly NetworkService[];
  readonly #settings: DatabaseSettings;
  readonly #passwords: Record<string, SecretValue>;

  constructor(
    name: string,
    {
      namespace,
      settings,
      password,
      connectionLimits,
      isDeployed = false,
      generatedValues,
    }: PostgresArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.postgres, name, {}, opts);
    const parent = this;
    const isElsewhere = "externalName" in settings;
    const selector = { app: name };
    const labels = { ...selector, ...recommendedLabels(name) };
    const secret = (secretName: string, owner: string, given?: string) =>
      createGeneratedSecret(
        secretName,
        { namespace, owner, given, existing: generatedValues },
        { parent },
      );

    this.#settings = settings;
    this.#passwords = Object.fromEntries(
      Object.keys(connectionLimits).map((service) => [
        service,
        secret(`${service}-database-password`, service),
      ]),
    );
    const adminPassword = secret(`${name}-password`, name, password);
    const server = isElsewhere ? undefined : createServer(settings);
    const service = createService();
    this.provisioned = createProvisioning(
      {
        ...{ namespace, settings, adminPassword, connectionLimits },
        passwords: this.#passwords,
      },
      { parent, dependsOn: server ? [server, service] : service },
    );
    this.network = [
      {
        name,
        app: name,
        port: isElsewhere ? settings.port : databasePort,
        calls: [],
        readyResource: service,
        ingress: isElsewhere ? "external" : "internal",
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

    function createServer(settings: DeployedDatabase) {
      const claimName = createVolume(settings).metadata.name;
      if (isDeployed)
        return createStatefulSet(
          settings,
          claimName,
          createImageCheck(settings, claimName),
        );
      // A first deployment has no data to check the image against, and need not wait.
      const server = createStatefulSet(settings, claimName);
      createImageCheck(settings, claimName, server);
      return server;
    }

    /** A Job that is replaced, and so runs again, whenever the image changes. */
    function createImageCheck(
      { image }: DeployedDatabase,
      claimName: pulumi.Input<string>,
      dependsOn?: pulumi.Resource,
    ) {
      return new k8s.batch.v1.Job(
        `${name}-image-check`,
        {
          metadata: {
            namespace,
            labels: recommendedLabels(name),
            // A failed one is run again by the next update.
            annotations: { ...forcePatch, "pulumi.com/replaceUnready": "true" },
          },
          spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: imageCheckSeconds,
            template: {
              metadata: { labels: recommendedLabels(name) },
              spec: imageCheckPod(image, recommendedLabels(name), claimName),
            },
          },
        },
        {
          parent,
          ...(dependsOn && { dependsOn }),
          customTimeouts: { create: `${imageCheckSeconds + 30}s` },
        },
      );
    }

    function createStatefulSet(
      settings: DeployedDatabase,
      claimName: pulumi.Input<string>,
      dependsOn?: pulumi.Resource,
    ) {
      return new k8s.apps.v1.StatefulSet(
        name,
        {
          metadata: { name, namespace, labels, annotations: forcePatch },
          spec: {
            replicas: 1,
            serviceName: host,
            // With OrderedReady, no later update would replace a pod that never became ready (kubernetes#67250).
            podManagementPolicy: "Parallel",
            selector: { matchLabels: selector },
            template: {
              metadata: { labels },
              spec: postgresPod(settings, adminPassword, claimName),
            },
          },
        },
        {
          parent,
          ...(dependsOn && { dependsOn }),
          // Immutable: a server that was deployed with another policy keeps it rather than being replaced.
          ignoreChanges: ["spec.podManagementPolicy"],
          customTimeouts: { create: "5m", update: "5m", delete: "2m" },
        },
      );
    }

    /** A claim of its own, not the StatefulSet's: it can grow. It stays when the database moves elsewhere, and goes with the namespace. */
    function createVolume({ storage, storageClass }: DeployedDatabase) {
      return new k8s.core.v1.PersistentVolumeClaim(
        `${name}-data`,
        {
          metadata: {
            name: `${name}-data`,
            namespace,
            labels,
            // It is bound when the pod that needs it is placed, and that is awaited.
            annotations: { ...forcePatch, "pulumi.com/skipAwait": "true" },
          },
          spec: {
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage } },
            ...(storageClass && { storageClassName: storageClass }),
          },
        },
        { parent, retainOnDelete: true },
      );
    }

    function createService() {
      return new k8s.core.v1.Service(
        name,
        {
          metadata: {
            name: host,
            namespace,
            labels,
            annotations: { ...forcePatch, "pulumi.com/skipAwait": "true" },
          },
          spec: isElsewhere
            ? { type: "ExternalName", externalName: settings.externalName }
            : {
                type: "ClusterIP",
                selector,
                ports: [
                  {
                    name: "postgres",
                    port: databasePort,
                    targetPort: "postgres",
                  },
                ],
              },
        },
        { parent, ...(server && { dependsOn: server }) },
      );
    }
  }

  /** What a service's program finds its database by. */
  variables(service: string): Record<string, EnvValue> {
    const settings = this.#settings;
    const password = this.#passwords[service];
    if (!password) return {};
    const port = "externalName" in settings ? settings.port : databasePort;
    return {
      DATABASE_PASSWORD: password,
      DATABASE_URL: `postgres://${service}:$(DATABASE_PASSWORD)@${host}:${port}/${service}`,
      ...("externalName" in settings && {
        DATABASE_TLS: settings.tls,
        DATABASE_TLS_NAME: settings.externalName,
        ...(settings.certificateAuthority && {
          DATABASE_TLS_CA: settings.certificateAuthority,
        }),
      }),
    };
  }
}
