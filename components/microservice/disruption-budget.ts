import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { forcePatch, recommendedLabels } from "../naming.ts";

/**
 * Limits voluntary evictions (node drains) to one pod of a service at a time. Pods that are not ready may always be
 * evicted.
 */
export function createDisruptionBudget(
  service: string,
  namespace: pulumi.Input<string>,
  selector: Record<string, string>,
  opts: pulumi.CustomResourceOptions,
): k8s.policy.v1.PodDisruptionBudget {
  return new k8s.policy.v1.PodDisruptionBudget(
    `${service}-disruption-budget`,
    {
      metadata: {
        name: `${service}-disruption-budget`,
        namespace,
        labels: recommendedLabels(service),
        // Without waiting for a status, Pulumi's state would lack it, and the next preview would show it as a change.
        annotations: {
          ...forcePatch,
          "pulumi.com/waitFor": "jsonpath={.status.observedGeneration}",
        },
      },
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: selector },
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    },
    opts,
  );
}
