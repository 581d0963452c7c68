import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AutoscaleSettings } from "../../config/autoscaling.ts";
import { forcePatch, recommendedLabels } from "../naming.ts";

/** Scales a Deployment with its pods' CPU usage. Needs metrics-server, which most clusters have. */
export function createAutoscaler(
  service: string,
  deployment: k8s.apps.v1.Deployment,
  { min, max, cpuPercent }: AutoscaleSettings,
  opts: pulumi.CustomResourceOptions,
): k8s.autoscaling.v2.HorizontalPodAutoscaler {
  return new k8s.autoscaling.v2.HorizontalPodAutoscaler(
    `${service}-autoscaler`,
    {
      metadata: {
        name: `${service}-autoscaler`,
        namespace: deployment.metadata.namespace,
        labels: recommendedLabels(service),
        // It becomes ready with the first metrics, which take a new pod a minute. Nothing depends on it until then.
        annotations: { ...forcePatch, "pulumi.com/skipAwait": "true" },
      },
      spec: {
        scaleTargetRef: {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: deployment.metadata.name,
        },
        minReplicas: min,
        maxReplicas: max,
        metrics: [
          {
            type: "ContainerResource",
            containerResource: {
              container: service, // without the log sidecar
              name: "cpu",
              target: { type: "Utilization", averageUtilization: cpuPercent },
            },
          },
        ],
      },
    },
    opts,
  );
}
