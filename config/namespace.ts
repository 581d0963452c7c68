import type { Issues } from "./issues.ts";
import { parseAnnotations, parseLabels } from "./object-metadata.ts";
import { isMap } from "./values.ts";

/** Names the Pulumi state that owns a namespace, by a random mark that only that state knows. */
export const ownerAnnotation = "marquee.local/owner";

/** Makes Pulumi overwrite fields that others have changed, instead of reporting a conflict. */
export const patchForceAnnotation = "pulumi.com/patchForce";

/** The Pod Security level that the namespace enforces. */
export const podSecurityLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
};

/** Annotations and labels of the stack's namespace, besides Marquee's, for other programs in the cluster. */
export interface NamespaceSettings {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

/** The API server sets this label to the namespace's name. */
const nameLabel = "kubernetes.io/metadata.name";

/** Checks `marquee:namespace`. */
export function parseNamespace(
  raw: unknown,
  issues: Issues,
): NamespaceSettings | undefined {
  if (raw === undefined) return undefined;
  if (!isMap(raw)) {
    issues.invalid(
      "namespace",
      raw,
      "it must be a map, such as { labels: { team: video } }",
    );
    return undefined;
  }
  issues.rejectUnknownKeys(
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
        issues,
      ),
    }),
    ...(raw.labels !== undefined && {
      labels: parseLabels("namespace.labels", raw.labels, issues),
    }),
  };
  const reserved = {
    annotations: [ownerAnnotation, patchForceAnnotation],
    labels: [nameLabel, ...Object.keys(podSecurityLabels)],
  };
  for (const kind of ["annotations", "labels"] as const)
    for (const name of Object.keys(settings[kind] ?? {}))
      if (reserved[kind].includes(name))
        issues.add(
          `namespace.${kind}["${name}"]`,
          `can't be set here: ${name === nameLabel ? "Kubernetes" : "Marquee"} sets it itself`,
        );
  return settings;
}
