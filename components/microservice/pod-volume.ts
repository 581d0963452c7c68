import type * as k8s from "@pulumi/kubernetes";

/** A volume of a pod, and its mount in the service's container. */
export interface PodVolume {
  volume: k8s.types.input.core.v1.Volume;
  mount: k8s.types.input.core.v1.VolumeMount;
}
