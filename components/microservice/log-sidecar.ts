import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { logShipper } from "../../config/images.ts";
import type { LogSidecarSettings } from "../../config/log-sidecar.ts";
import { environmentOf, type SecretValue } from "../container-environment.ts";
import { createSecret } from "../secret.ts";
import { containerDefaults } from "./container.ts";
import type { PodVolume } from "./pod-volume.ts";

const folder = "/var/log/marquee";
const file = `${folder}/service.log`;

/** The sidecar's port. It shares the pod's network, so no service may listen on this port (system.ts has theirs). */
const port = 8090;

export interface LogSidecarArgs extends LogSidecarSettings {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The sidecar's image. */
  image: pulumi.Input<string>;
}

/** The parts that the sidecar adds to a pod. */
export interface LogSidecar {
  image: pulumi.Input<string>;
  /** A native sidecar: it starts before the service and ends after it, so that it ships every line. */
  container: k8s.types.input.core.v1.Container;
  volume: PodVolume;
  /** Makes the service write its log to the file instead of its standard output. */
  env: Record<string, string>;
}

/**
 * Creates the Secret with the endpoint's headers, if there are any, and the parts of a pod that ship a service's log.
 */
export function createLogSidecar(
  service: string,
  { namespace, image, endpoint, headers }: LogSidecarArgs,
  opts: pulumi.CustomResourceOptions,
): LogSidecar {
  const volume: PodVolume = {
    // The service keeps up to two files of 16 MiB; a third one, already replaced, may still be read.
    volume: { name: "logs", emptyDir: { sizeLimit: "64Mi" } },
    mount: { name: "logs", mountPath: folder },
  };
  const headersSecret =
    headers && createHeadersSecret(service, namespace, headers, opts);
  return {
    image,
    volume,
    env: { LOG_FILE: file },
    container: {
      name: logShipper,
      image,
      restartPolicy: "Always",
      ports: [{ name: "logs", containerPort: port }],
      env: [
        { name: "PORT", value: `${port}` },
        { name: "FOLLOW_FILE", value: file },
        { name: "CONTAINER", value: service },
        { name: "POD", valueFrom: podField("metadata.name") },
        { name: "NAMESPACE", valueFrom: podField("metadata.namespace") },
        { name: "NODE", valueFrom: podField("spec.nodeName") },
        ...environmentOf({
          ...(endpoint && { ENDPOINT: endpoint }),
          ...(headersSecret && { ENDPOINT_HEADERS: headersSecret }),
        }),
      ],
      ...containerDefaults("logs", "/readyz"),
      // Measured: 38 MiB idle, 50 MiB at 80,000 lines a second, 5 m of a core idle.
      resources: {
        requests: { cpu: "10m", memory: "64Mi", "ephemeral-storage": "64Mi" },
        limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "256Mi" },
      },
      volumeMounts: [volume.mount],
    },
  };
}

const podField = (fieldPath: string) => ({ fieldRef: { fieldPath } });

/** Creates the Secret with the headers of requests to the endpoint. Changed headers roll the pods. */
function createHeadersSecret(
  service: string,
  namespace: pulumi.Input<string>,
  headers: Record<string, string>,
  opts: pulumi.CustomResourceOptions,
): SecretValue {
  const key = "headers";
  const { metadata } = createSecret(
    `${service}-log-headers`,
    { namespace, owner: service, values: { [key]: JSON.stringify(headers) } },
    opts,
  );
  return { secretKeyRef: { name: metadata.name, key } };
}
