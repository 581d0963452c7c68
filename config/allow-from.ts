import type * as k8s from "@pulumi/kubernetes";
import { type Issues, isMap } from "./issues.ts";

/** Pods of another namespace that may call a service: an ingress controller, a gateway, Prometheus. */
export interface OutsideCaller {
  namespace: string;
  /** Labels that those pods have. @default all pods of the namespace */
  podLabels?: Record<string, string>;
}

/** A namespace's name: a DNS label (RFC 1123). */
const namespacePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const example =
  "{ namespace: ingress-nginx, podLabels: { app.kubernetes.io/name: ingress-nginx } }";

/** Checks `services.‹name›.allowFrom`. */
export function parseOutsideCallers(
  key: string,
  raw: unknown,
  report: Issues,
): OutsideCaller[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    report.invalid(key, raw, `it must be a list, such as [${example}]`);
    return [];
  }
  return raw.map((caller, index) =>
    parseCaller(`${key}[${index}]`, caller, report),
  );
}

function parseCaller(
  key: string,
  raw: unknown,
  { invalid: wrong, rejectUnknownKeys: known }: Issues,
): OutsideCaller {
  if (!isMap(raw)) {
    wrong(key, raw, `it must be a map, such as ${example}`);
    return { namespace: "" };
  }
  known(`${key}.`, raw, ["namespace", "podLabels"], "a setting of a caller");
  const { namespace, podLabels } = raw;
  if (typeof namespace !== "string" || !namespacePattern.test(namespace))
    wrong(
      `${key}.namespace`,
      namespace,
      "it must be the name of a namespace, such as ingress-nginx",
    );
  if (podLabels === undefined) return { namespace: String(namespace) };
  if (
    !isMap(podLabels) ||
    Object.keys(podLabels).length === 0 ||
    !Object.values(podLabels).every((value) => typeof value === "string")
  )
    wrong(
      `${key}.podLabels`,
      podLabels,
      "it must be a map of labels to their values, or left out for all pods of the namespace",
    );
  return {
    namespace: String(namespace),
    podLabels: podLabels as Record<string, string>,
  };
}

/** Kubernetes puts each namespace's name into this label. */
const namespaceLabel = "kubernetes.io/metadata.name";

/** A caller as a NetworkPolicy names it. */
export const peerOf = ({
  namespace,
  podLabels,
}: OutsideCaller): k8s.types.input.networking.v1.NetworkPolicyPeer => ({
  namespaceSelector: { matchLabels: { [namespaceLabel]: namespace } },
  ...(podLabels && { podSelector: { matchLabels: podLabels } }),
});
