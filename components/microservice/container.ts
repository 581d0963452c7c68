import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type EnvValue, environmentOf } from "../container-environment.ts";
import { containerSecurity } from "../pod-security.ts";

export interface ContainerArgs {
  /** The image by digest. */
  image: pulumi.Input<string>;
  /** The port that the program listens on. */
  port: number;
  /** The program's environment. */
  env: Record<string, EnvValue>;
  /** The name of a Secret with more environment variables. @default none */
  envFromSecret?: pulumi.Input<string> | undefined;
  resources: pulumi.Input<k8s.types.input.core.v1.ResourceRequirements>;
  /** @default none */
  volumeMounts?: k8s.types.input.core.v1.VolumeMount[];
}

/** Seconds that a terminating pod keeps serving: load balancers learn of its end meanwhile. */
const preStopSeconds = 5;

/**
 * Defaults for every container: restricted security context, startup and liveness probes, last log lines as termination
 * message. The liveness probe ignores dependencies on purpose.
 * @param port the name of its port
 * @param startupPath the path that answers once the program has started
 */
export const containerDefaults = (port: string, startupPath: string) => ({
  startupProbe: {
    httpGet: { path: startupPath, port },
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
export const serviceContainer = (
  name: string,
  {
    image,
    port,
    env,
    envFromSecret,
    resources,
    volumeMounts = [],
  }: ContainerArgs,
): k8s.types.input.core.v1.Container => ({
  name,
  image,
  ports: [{ name: "http", containerPort: port }],
  env: environmentOf(env),
  ...(envFromSecret && { envFrom: [{ secretRef: { name: envFromSecret } }] }),
  ...containerDefaults("http", "/livez"),
  readinessProbe: {
    httpGet: { path: "/readyz", port: "http" },
    periodSeconds: 1,
  },
  lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
  resources,
  ...(volumeMounts.length > 0 && { volumeMounts }),
});
