import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { DeployedSettings } from "../../config/service.ts";
import { type EnvValue, environmentOf } from "../generated-secret.ts";
import { containerSecurity } from "../pod-security.ts";

export interface ContainerArgs {
  /** The image by digest. */
  image: pulumi.Input<string>;
  /** The port that the program listens on. */
  port: number;
  settings: DeployedSettings;
  /** The program's environment. */
  env: Record<string, EnvValue>;
  /** The name of the Secret with more of it. */
  secret?: pulumi.Input<string> | undefined;
  volumeMounts?: k8s.types.input.core.v1.VolumeMount[] | undefined;
}

/** Seconds that a pod goes on serving after Kubernetes decided to end it: load balancers learn of it meanwhile. */
const preStopSeconds = 5;

/**
 * What every container has: no rights, and somebody who looks after it. Started when it first answers, asked less often from
 * then on; alive says nothing of what it depends on. What it said last, if it fails, is in the pod's status.
 * @param port the name of its port
 * @param started the path that answers once it has started
 */
export const containerDefaults = (port: string, started: string) => ({
  startupProbe: {
    httpGet: { path: started, port },
    periodSeconds: 1,
    failureThreshold: 60,
  },
  livenessProbe: {
    httpGet: { path: "/livez", port },
    periodSeconds: 10,
    timeoutSeconds: 5,
  },
  terminationMessagePolicy: "FallbackToLogsOnError",
  securityContext: containerSecurity,
});

/** The container that runs a service. Its program answers /livez and /readyz. */
export function createContainer(
  name: string,
  { image, port, settings, env, secret, volumeMounts }: ContainerArgs,
): k8s.types.input.core.v1.Container {
  return {
    name,
    image,
    ports: [{ name: "http", containerPort: port }],
    env: environmentOf(env),
    ...(secret && { envFrom: [{ secretRef: { name: secret } }] }),
    ...containerDefaults("http", "/livez"),
    readinessProbe: {
      httpGet: { path: "/readyz", port: "http" },
      periodSeconds: 1,
    },
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
    resources: settings.resources,
    ...(volumeMounts && { volumeMounts }),
  };
}
