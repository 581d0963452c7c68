import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { forcePatch, recommendedLabels } from "../naming.ts";

/** What makes whoever drains nodes take one pod of a service at a time. A pod that is not ready serves nobody, and may go. */
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
        // Its status is Pulumi's to remember once it has one; or the next preview would show it as news.
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
