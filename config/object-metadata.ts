import { type Issues, isMap } from "./issues.ts";

/** The prefix of a qualified name, a DNS subdomain, and the slash. */
const prefix =
  "((?=[^/]{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?";
const name = "[A-Za-z0-9]([\\w.-]{0,61}[A-Za-z0-9])?";

/** A key of a label, or of an annotation in small letters, as Kubernetes judges them. */
const keyPattern = new RegExp(`^${prefix}${name}$`);
const labelValuePattern = new RegExp(`^(${name})?$`);

/** Bytes that all annotations of an object may have together. */
const mostAnnotationBytes = 256 * 1024;

/** Checks annotations for a Kubernetes object. */
export function parseAnnotations(
  key: string,
  raw: unknown,
  report: Issues,
): Record<string, string> {
  const annotations = parseTexts(key, raw, "annotation", report);
  const bytes = Object.entries(annotations).reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.join("")),
    0,
  );
  if (bytes > mostAnnotationBytes)
    report.add(
      key,
      `have ${bytes} bytes, and Kubernetes takes ${mostAnnotationBytes} at most`,
    );
  return annotations;
}

/** Checks labels for a Kubernetes object. */
export function parseLabels(
  key: string,
  raw: unknown,
  report: Issues,
): Record<string, string> {
  const labels = parseTexts(key, raw, "label", report);
  for (const [name, value] of Object.entries(labels))
    if (typeof value === "string" && !labelValuePattern.test(value))
      report.invalid(
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
  { invalid: wrong, add: mistake }: Issues,
): Record<string, string> {
  if (!isMap(raw)) {
    wrong(key, raw, `it must be a map of texts, as Kubernetes' ${what}s are`);
    return {};
  }
  for (const [name, value] of Object.entries(raw)) {
    if (!keyPattern.test(what === "annotation" ? name.toLowerCase() : name))
      mistake(
        key,
        `has "${name}", which can't be ${what === "annotation" ? "an annotation" : "a label"}'s key: that is letters, digits, dots, dashes and underscores, maybe after a domain and a slash`,
      );
    if (typeof value !== "string")
      wrong(
        `${key}["${name}"]`,
        value,
        'it must be a text; in YAML, put "quotes" around numbers, true and false',
      );
  }
  return raw as Record<string, string>;
}
