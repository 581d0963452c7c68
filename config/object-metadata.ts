import type { Issues } from "./issues.ts";
import { isMap } from "./values.ts";

/** The prefix of a qualified name, a DNS subdomain, and the slash. */
const prefix =
  "((?=[^/]{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?";
const name = "[A-Za-z0-9]([\\w.-]{0,61}[A-Za-z0-9])?";

/** The key of a label, or of an annotation in lower case: Kubernetes ignores case in annotations. */
const keyPattern = new RegExp(`^${prefix}${name}$`);
const labelValuePattern = new RegExp(`^(${name})?$`);

/** The most bytes that all annotations of an object may have together. */
const maxAnnotationBytes = 256 * 1024;

/** Checks annotations for a Kubernetes object. */
export function parseAnnotations(
  key: string,
  raw: unknown,
  issues: Issues,
): Record<string, string> {
  const annotations = parseTexts(key, raw, "annotation", issues);
  const bytes = Object.entries(annotations).reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.join("")),
    0,
  );
  if (bytes > maxAnnotationBytes)
    issues.add(
      key,
      `have ${bytes} bytes, and Kubernetes accepts ${maxAnnotationBytes} at most`,
    );
  return annotations;
}

/** Checks labels for a Kubernetes object. */
export function parseLabels(
  key: string,
  raw: unknown,
  issues: Issues,
): Record<string, string> {
  const labels = parseTexts(key, raw, "label", issues);
  for (const [name, value] of Object.entries(labels))
    if (typeof value === "string" && !labelValuePattern.test(value))
      issues.invalid(
        `${key}["${name}"]`,
        value,
        "it must be empty, or at most 63 letters, digits, dots, dashes and underscores, with a letter or digit at both ends",
      );
  return labels;
}

function parseTexts(
  key: string,
  raw: unknown,
  what: "annotation" | "label",
  issues: Issues,
): Record<string, string> {
  if (!isMap(raw)) {
    issues.invalid(
      key,
      raw,
      `it must be a map of texts, as Kubernetes' ${what}s are`,
    );
    return {};
  }
  for (const [name, value] of Object.entries(raw)) {
    if (!keyPattern.test(what === "annotation" ? name.toLowerCase() : name))
      issues.add(
        key,
        `has "${name}", which can't be ${what === "annotation" ? "an annotation" : "a label"}'s key: that is letters, digits, dots, dashes and underscores, optionally after a domain and a slash`,
      );
    if (typeof value !== "string")
      issues.invalid(
        `${key}["${name}"]`,
        value,
        'it must be a text; in YAML, put "quotes" around numbers, true and false',
      );
  }
  return raw as Record<string, string>;
}
