import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { defaultPods } from "../../config/autoscaling.ts";
import { forcePatch } from "../naming.ts";
import { podSecurity } from "../pod-security.ts";
import type { LogSidecar } from "./log-sidecar.ts";
import type { PodVolume } from "./pod-volume.ts";

/**
 * Seconds from the decision to end a pod until it is killed: 5 s of the preStop hook, up to 14 s for the program to
 * drain (packages/service-kit/http/serve.ts), and then up to 8.5 s for the log sidecar
 * (services/log-shipper/shipper.ts).
 */
const gracePeriodSeconds = 30;

/** Seconds without progress after which a rollout has failed. Pulumi waits a little longer, to report the reason. */
const progressDeadlineSeconds = 120;

export interface DeploymentArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
  /** The labels that select the pods. */
  selector: Record<string, string>;
  /** @default 2 */
  replicas?: pulumi.Input<number> | undefined;
  /** Whether an autoscaler determines the number of pods. */
  isAutoscaled: boolean;
  /** The name of the pods' ServiceAccount. */
  serviceAccountName: pulumi.Input<string>;
  /** The container that runs the service. */
  container: k8s.types.input.core.v1.Container;
  logSidecar?: LogSidecar | undefined;
  volumes: readonly PodVolume[];
  nodeSelector?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  tolerations?:
    | pulumi.Input<pulumi.Input<k8s.types.input.core.v1.Toleration>[]>
    | undefined;
}

export function createDeployment(
  name: string,
  args: DeploymentArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.Deployment {
  const { namespace, labels, selector } = args;
  return new k8s.apps.v1.Deployment(
    `${name}-deployment`,
    {
      metadata: {
        name: `${name}-deployment`,
        namespace,
        labels,
        annotations: forcePatch,
      },
      spec: {
        ...(!args.isAutoscaled && { replicas: args.replicas ?? defaultPods }),
        selector: { matchLabels: selector },
        // A quarter of the pods at a time, at least one, so that a hundred pods take no longer than four.
        strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
        progressDeadlineSeconds,
        template: { metadata: { labels }, spec: podSpec(args) },
      },
    },
    {
      ...opts,
      // An autoscaler owns the number of pods, also in the update that introduces it.
      ...(args.isAutoscaled && { ignoreChanges: ["spec.replicas"] }),
      customTimeouts: { create: "3m", update: "3m", delete: "2m" },
    },
  );
}

const podSpec = ({
  serviceAccountName,
  selector,
  container,
  logSidecar,
  volumes,
  nodeSelector,
  tolerations,
}: DeploymentArgs): k8s.types.input.core.v1.PodSpec => ({
  serviceAccountName,
  automountServiceAccountToken: false,
  // Spreads pods over nodes as evenly as possible, and still schedules all of them on a single node.
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: selector },
      matchLabelKeys: ["pod-template-hash"], // a rollout spreads its new pods without regard to the old ones
    },
  ],
  ...(nodeSelector && { nodeSelector }),
  ...(tolerations && { tolerations }),
  enableServiceLinks: false,
  terminationGracePeriodSeconds: gracePeriodSeconds,
  securityContext: podSecurity,
  containers: [container],
  ...(logSidecar && { initContainers: [logSidecar.container] }),
  ...(volumes.length > 0 && { volumes: volumes.map(({ volume }) => volume) }),
});
