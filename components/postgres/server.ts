import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { DeployedDatabase } from "../../config/database.ts";
import type { SecretValue } from "../container-environment.ts";
import { forcePatch, recommendedLabels } from "../naming.ts";
import { imageCheckPod, postgresPod } from "./pod.ts";

/** How long the image may take to be pulled and checked. */
const imageCheckSeconds = 120;

export interface ServerArgs extends DeployedDatabase {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The labels that select the pod. */
  selector: Record<string, string>;
  /** The labels of the server's objects, among them `selector`. */
  labels: Record<string, string>;
  /** The name of the Service. */
  serviceName: string;
  /** The superuser's password. */
  adminPassword: SecretValue;
  /** Whether a server may exist already. Then its image is checked before it is replaced. */
  isDeployed: boolean;
}

/** Creates a server with its volume, and a Job that checks its image. */
export function createServer(
  name: string,
  args: ServerArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.StatefulSet {
  const claimName = createVolumeClaim(name, args, opts).metadata.name;
  if (args.isDeployed) {
    const imageCheck = createImageCheck(name, args, claimName, opts);
    return createStatefulSet(name, args, claimName, {
      ...opts,
      dependsOn: imageCheck,
    });
  }
  // A first deployment has no data to check the image against, so the server need not wait.
  const server = createStatefulSet(name, args, claimName, opts);
  createImageCheck(name, args, claimName, { ...opts, dependsOn: server });
  return server;
}

/**
 * Creates a claim that is not part of the StatefulSet, so that it can grow. It is kept when the database moves
 * elsewhere, and deleted with the namespace.
 */
const createVolumeClaim = (
  name: string,
  { namespace, labels, storage, storageClass }: ServerArgs,
  opts: pulumi.CustomResourceOptions,
) =>
  new k8s.core.v1.PersistentVolumeClaim(
    `${name}-data`,
    {
      metadata: {
        name: `${name}-data`,
        namespace,
        labels,
        // It may be bound only when its pod is scheduled, which Pulumi waits for.
        annotations: { ...forcePatch, "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage } },
        ...(storageClass && { storageClassName: storageClass }),
      },
    },
    { ...opts, retainOnDelete: true },
  );

/** Creates a Job that is replaced, and so runs again, whenever the image changes. */
const createImageCheck = (
  name: string,
  { namespace, image }: ServerArgs,
  claimName: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
) =>
  new k8s.batch.v1.Job(
    `${name}-image-check`,
    {
      metadata: {
        namespace,
        labels: recommendedLabels(name),
        // The next update runs a failed Job again.
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
    { ...opts, customTimeouts: { create: `${imageCheckSeconds + 30}s` } },
  );

const createStatefulSet = (
  name: string,
  args: ServerArgs,
  claimName: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
) =>
  new k8s.apps.v1.StatefulSet(
    name,
    {
      metadata: {
        name,
        namespace: args.namespace,
        labels: args.labels,
        annotations: forcePatch,
      },
      spec: {
        replicas: 1,
        serviceName: args.serviceName,
        // With OrderedReady, no later update would replace a pod that never became ready (kubernetes#67250).
        podManagementPolicy: "Parallel",
        selector: { matchLabels: args.selector },
        template: {
          metadata: { labels: args.labels },
          spec: postgresPod(args, args.adminPassword, claimName),
        },
      },
    },
    {
      ...opts,
      // Immutable: a server that was deployed with another policy keeps it rather than being replaced.
      ignoreChanges: ["spec.podManagementPolicy"],
      customTimeouts: { create: "5m", update: "5m", delete: "2m" },
    },
  );
