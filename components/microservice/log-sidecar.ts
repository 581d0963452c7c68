import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type Issues, isMap } from "../../config/issues.ts";
import { parseRequestHeaders } from "../../config/request-headers.ts";
import { environmentOf, type SecretValue } from "../generated-secret.ts";
import { createSecret, type IsEncrypted } from "../secret.ts";
import { containerDefaults } from "./container.ts";

/** The program that ships a service's log: a folder under services/, and an image's name. */
export const logShipper = "log-shipper";

/** A second container that follows the service's log and ships it with the pod's metadata. */
export interface LogSidecarSettings {
  /** Where lines are POSTed to, as NDJSON. @default its own standard output */
  endpoint?: string;
  /** Secret headers of those requests, such as Authorization. @default none */
  headers?: Record<string, string>;
}

/**
 * Checks `logSidecar`: true, false or a map.
 * @param path of the key in the stack's configuration
 */
export function parseLogSidecar(
  path: [key: string, ...steps: string[]],
  raw: unknown,
  isEncrypted: IsEncrypted,
  report: Issues,
): LogSidecarSettings | undefined {
  const key = path.join(".");
  if (raw === undefined || raw === false) return undefined;
  if (raw === true) return {};
  if (!isMap(raw)) {
    report.invalid(
      key,
      raw,
      "it must be true, false, or a map, such as { endpoint: https://logs.example.com/ingest }",
    );
    return undefined;
  }
  report.rejectUnknownKeys(
    `${key}.`,
    raw,
    ["endpoint", "headers"],
    "a setting of logSidecar",
  );
  const { endpoint } = raw;
  const headers = parseRequestHeaders(
    [...path, "headers"],
    raw.headers,
    isEncrypted,
    report,
  );
  if (endpoint === undefined) {
    if (headers)
      report.add(
        `${key}.headers`,
        "are of requests to an endpoint, and there is no logSidecar.endpoint",
      );
    return {};
  }
  const url =
    typeof endpoint === "string" && /^https?:\/\/\S+$/.test(endpoint)
      ? URL.parse(endpoint)
      : null;
  // Where it can't be told what is in front of an @, it may be a password, and belongs in no sentence.
  const hasUser = url
    ? `${url.username}${url.password}` !== ""
    : typeof endpoint === "string" && endpoint.includes("@");
  if (hasUser)
    report.add(
      `${key}.endpoint`,
      "has a user or a password in it, which everybody could read who may read the stack's configuration or the pods",
    );
  else if (!url || url.port === "0")
    report.invalid(
      `${key}.endpoint`,
      endpoint,
      "it must be an http or https URL, such as https://logs.example.com/ingest",
    );
  return { endpoint: String(endpoint), ...(headers && { headers }) };
}

/** The port that pods have to reach for a sidecar's endpoint, if it has one. */
export function endpointPorts(sidecar?: LogSidecarSettings): number[] {
  if (!sidecar?.endpoint) return [];
  const { port, protocol } = new URL(sidecar.endpoint);
  return [Number(port) || (protocol === "https:" ? 443 : 80)];
}

const folder = "/var/log/marquee";
const file = `${folder}/service.log`;
const volumeMounts = [{ name: "logs", mountPath: folder }];
/** The sidecar listens here; it shares the pod's network, so no service may (index.ts has theirs). */
const port = 8090;

/** What the sidecar adds to a pod. */
export interface LogSidecar {
  /** A native sidecar: it starts before the service and ends after it, so that no line is left behind. */
  container: k8s.types.input.core.v1.Container;
  volume: k8s.types.input.core.v1.Volume;
  /** The service writes to the file instead of to its standard output. */
  env: Record<string, string>;
  volumeMounts: k8s.types.input.core.v1.VolumeMount[];
}

/** Creates the Secret with the headers of requests to the endpoint. Changed ones roll the pods. */
export function createHeadersSecret(
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

/**
 * The parts of a pod that make a service's log shipped.
 * @param headers of requests to the endpoint. @default none
 */
export function logSidecar(
  service: string,
  { endpoint }: LogSidecarSettings,
  image: pulumi.Input<string>,
  headers?: SecretValue,
): LogSidecar {
  const field = (fieldPath: string) => ({ fieldRef: { fieldPath } });
  return {
    env: { LOG_FILE: file },
    volumeMounts,
    // The service keeps two files of 16 MiB at most; a third that it has replaced may still be read.
    volume: { name: "logs", emptyDir: { sizeLimit: "64Mi" } },
    container: {
      name: logShipper,
      image,
      restartPolicy: "Always",
      ports: [{ name: "logs", containerPort: port }],
      env: [
        { name: "PORT", value: `${port}` },
        { name: "FOLLOW_FILE", value: file },
        { name: "CONTAINER", value: service },
        { name: "POD", valueFrom: field("metadata.name") },
        { name: "NAMESPACE", valueFrom: field("metadata.namespace") },
        { name: "NODE", valueFrom: field("spec.nodeName") },
        ...environmentOf({
          ...(endpoint && { ENDPOINT: endpoint }),
          ...(headers && { ENDPOINT_HEADERS: headers }),
        }),
      ],
      ...containerDefaults("logs", "/readyz"),
      // Measured: 38 MiB idle, 50 at 80,000 lines a second, 5 m of a core idle.
      resources: {
        requests: { cpu: "10m", memory: "64Mi", "ephemeral-storage": "64Mi" },
        limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "256Mi" },
      },
      volumeMounts,
    },
  };
}
