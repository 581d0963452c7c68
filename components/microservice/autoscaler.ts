import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type Issues, isMap, isWhole } from "../../config/issues.ts";
import { forcePatch, recommendedLabels } from "../naming.ts";

/** How many pods there are, by how busy they are. */
export interface AutoscaleSettings {
  /** The fewest pods. @default 2, so that a node may go away */
  min: number;
  /** The most pods. */
  max: number;
  /** Of the CPU that each pod requests, what the pods are to use on average. @default 80, as `kubectl autoscale` has it */
  cpuPercent: number;
}

/** Pods of a service that says nothing of their number: one node may go away. */
export const defaultPods = 2;

/** Pods of one service. Kubernetes is made for 150,000 in a cluster; more than this is a slip of the hand. */
export const mostPods = 10_000;

/** Checks `autoscale`. */
export function parseAutoscale(
  key: string,
  raw: unknown,
  report: Issues,
): AutoscaleSettings {
  const settings = { min: defaultPods, max: defaultPods, cpuPercent: 80 };
  if (!isMap(raw)) {
    report.invalid(
      key,
      raw,
      "it must be a map, such as { min: 2, max: 10, cpuPercent: 80 }",
    );
    return settings;
  }
  report.rejectUnknownKeys(
    `${key}.`,
    raw,
    Object.keys(settings),
    "a setting of autoscale",
  );
  const { min = settings.min, max, cpuPercent = settings.cpuPercent } = raw;
  if (isWhole(min, 1)) settings.min = min;
  else
    report.invalid(`${key}.min`, min, "it must be a whole number, 1 or more");
  if (!isWhole(max, 1))
    report.invalid(`${key}.max`, max, "it must be a whole number, 1 or more");
  else if (isWhole(min, 1) && max < min)
    report.invalid(
      `${key}.max`,
      max,
      `it must not be less than ${key}.min, which is ${min}${raw.min === undefined ? " (the default)" : ""}`,
    );
  else if (max > mostPods)
    report.invalid(`${key}.max`, max, `it must be ${mostPods} at most`);
  else settings.max = max;
  // Above 100: pods may use more than they request, up to their limit.
  if (isWhole(cpuPercent, 1, 1000)) settings.cpuPercent = cpuPercent;
  else
    report.invalid(
      `${key}.cpuPercent`,
      cpuPercent,
      "it must be a whole number from 1 to 1000, of the CPU that a pod requests",
    );
  return settings;
}

/** What keeps the number of a Deployment's pods where their CPU says. It needs metrics-server, which most clusters have. */
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
        // It is ready when metrics are there, which takes a new pod a minute: nothing to wait for.
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
              container: service, // whatever a sidecar does
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
