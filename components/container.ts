import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { containerSecurity } from "./restricted.ts";
import type { DeployedSettings } from "./service-settings.ts";

export interface ContainerArgs {
  /** The image by digest. */
  image: pulumi.Input<string>;
  /** The port that the program listens on. */
  port: number;
  settings: DeployedSettings;
  /** The program's environment. */
  env: Record<string, pulumi.Input<string>>;
  /** The name of the Secret with more of it. */
  secret?: pulumi.Input<string> | undefined;
  volumeMounts?: k8s.types.input.core.v1.VolumeMount[] | undefined;
}

/** Seconds that a pod goes on serving after Kubernetes decided to end it: load balancers learn of it meanwhile. */
const preStopSeconds = 5;

/** The container that runs a service. Its program answers /livez and /readyz. */
export function createContainer(
  name: string,
  { image, port, settings, env, secret, volumeMounts }: ContainerArgs,
): k8s.types.input.core.v1.Container {
  const probe = (path: string) => ({ httpGet: { path, port: "http" } });
  return {
    name,
    image,
    ports: [{ name: "http", containerPort: port }],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    ...(secret && { envFrom: [{ secretRef: { name: secret } }] }),
    // Started when it first answers; asked less often from then on. Alive says nothing of what it depends on.
    startupProbe: {
      ...probe("/livez"),
      periodSeconds: 1,
      failureThreshold: 60,
    },
    readinessProbe: { ...probe("/readyz"), periodSeconds: 1 },
    livenessProbe: {
      ...probe("/livez"),
      periodSeconds: 10,
      timeoutSeconds: 5,
    },
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
    // What it said last, if it fails, is in the pod's status, and in Pulumi's error.
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: settings.resources,
    securityContext: containerSecurity,
    ...(volumeMounts && { volumeMounts }),
  };
}
