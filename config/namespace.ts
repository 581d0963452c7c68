import { forcePatch } from "../components/naming.ts";
import { type Issues, isMap } from "./issues.ts";
import { parseAnnotations, parseLabels } from "./object-metadata.ts";

/** Names the Pulumi state that owns a namespace, by a random mark that only that state knows. */
export const ownerAnnotation = "marquee.local/owner";

/** The level of Pod Security that the namespace enforces. */
export const podSecurityLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
};

/** Annotations and labels of the stack's namespace, besides its own: other programs in the cluster read them. */
export interface NamespaceSettings {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

/** The API server's own, which holds the namespace's name. */
const nameLabel = "kubernetes.io/metadata.name";

/** Checks `marquee:namespace`. */
export function parseNamespace(
  raw: unknown,
  report: Issues,
): NamespaceSettings | undefined {
  if (raw === undefined) return undefined;
  if (!isMap(raw)) {
    report.invalid(
      "namespace",
      raw,
      "it must be a map, such as { labels: { team: video } }",
    );
    return undefined;
  }
  report.rejectUnknownKeys(
    "namespace.",
    raw,
    ["annotations", "labels"],
    "a setting of the namespace",
  );
  const settings: NamespaceSettings = {
    ...(raw.annotations !== undefined && {
      annotations: parseAnnotations(
        "namespace.annotations",
        raw.annotations,
        report,
      ),
    }),
    ...(raw.labels !== undefined && {
      labels: parseLabels("namespace.labels", raw.labels, report),
    }),
  };
  const reserved = {
    annotations: [ownerAnnotation, ...Object.keys(forcePatch)],
    labels: [nameLabel, ...Object.keys(podSecurityLabels)],
  };
  for (const kind of ["annotations", "labels"] as const)
    for (const name of Object.keys(settings[kind] ?? {}))
      if (reserved[kind].includes(name))
        report.add(
          `namespace.${kind}["${name}"]`,
          `can't be set here: ${name === nameLabel ? "Kubernetes" : "Marquee"} sets it itself`,
        );
  return settings;
}
