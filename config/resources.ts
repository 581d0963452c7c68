import type { Issues } from "./issues.ts";
import { isMap } from "./values.ts";

const kinds = ["cpu", "memory", "ephemeral-storage"] as const;
type Kind = (typeof kinds)[number];
type Quantities = Record<Kind, string>;

/** A container's resource requests and limits, as Kubernetes quantities. */
export interface ResourceSettings {
  requests: Quantities;
  limits: Quantities;
}

/**
 * An idle pod uses 5 m of a core and 34 MiB (kubectl top), and a Node.js process can't use more than one core. Storage
 * holds the pod's log: the kubelet keeps up to 50 MiB of a container's standard output, and a log volume has 64 MiB.
 */
export const defaultResources: ResourceSettings = {
  requests: { cpu: "50m", memory: "96Mi", "ephemeral-storage": "64Mi" },
  limits: { cpu: "1", memory: "256Mi", "ephemeral-storage": "256Mi" },
};

const cores = {
  pattern: /^(\d+(\.\d{1,3})?|\d+m)$/,
  max: "1000",
  rule: "it must be a number of cores, 1000 at most, such as 0.5 or 500m",
};
export const bytes = {
  // In a number below a million, the unit was probably forgotten.
  pattern: /^(\d+(\.\d+)?([kMGT]|[KMGT]i)|[1-9]\d{6,})$/,
  max: "8Ti",
  rule: "it must be a number of bytes, such as 256Mi (units are Ki, Mi, Gi, Ti, k, M, G and T) or 268435456, 8Ti at most; below 1000000 it needs a unit",
};
const checks = { cpu: cores, memory: bytes, "ephemeral-storage": bytes };

/** Whether a value is a quantity within the bounds of its kind. */
export const isQuantity = (
  { pattern, max }: typeof bytes,
  value: unknown,
): boolean =>
  /number|string/.test(typeof value) &&
  pattern.test(`${value}`) &&
  amount(`${value}`) > 0 &&
  amount(`${value}`) <= amount(max);

/** Checks `resources`. Each quantity that it sets replaces that default alone. */
export function parseResources(
  key: string,
  raw: unknown,
  issues: Issues,
  defaults = defaultResources,
): ResourceSettings {
  if (raw === undefined) return defaults;
  if (!isMap(raw)) {
    issues.invalid(
      key,
      raw,
      "it must be a map, such as { requests: { cpu: 100m }, limits: { memory: 512Mi } }",
    );
    return defaults;
  }
  issues.rejectUnknownKeys(
    `${key}.`,
    raw,
    ["requests", "limits"],
    "a setting of resources",
  );
  const requests = parseQuantities("requests");
  const limits = parseQuantities("limits");
  for (const kind of kinds) {
    const [request, limit] = [requests[kind], limits[kind]];
    if (!request || !limit || amount(request.text) <= amount(limit.text))
      continue;
    // Report the value that the user set, not the default.
    const [reported, other] = request.given
      ? (["requests", "limits"] as const)
      : (["limits", "requests"] as const);
    const values = { requests: request, limits: limit };
    issues.invalid(
      `${key}.${reported}.${kind}`,
      values[reported].text,
      `it is ${reported === "requests" ? "more" : "less"} than ${key}.${other}.${kind}, which is ${values[other].text}${values[other].given ? "" : " (the default)"}, and a request must not exceed its limit`,
    );
  }
  return { requests: texts(requests), limits: texts(limits) };

  /** The quantity of each kind, and whether the configuration sets it; undefined if it is invalid. */
  function parseQuantities(which: keyof ResourceSettings) {
    const given = (raw as Record<string, unknown>)[which] ?? {};
    if (!isMap(given))
      issues.invalid(
        `${key}.${which}`,
        given,
        "it must be a map with cpu, memory and ephemeral-storage, or some of them",
      );
    const map = isMap(given) ? given : {};
    issues.rejectUnknownKeys(`${key}.${which}.`, map, kinds, "a resource");
    return Object.fromEntries(
      kinds.map((kind) => {
        const value = map[kind];
        if (value === undefined)
          return [kind, { text: defaults[which][kind], given: false }];
        const text = `${value}`;
        if (isQuantity(checks[kind], value))
          return [kind, { text: canonical(text), given: true }];
        issues.invalid(`${key}.${which}.${kind}`, value, checks[kind].rule);
        return [kind, undefined];
      }),
    ) as Record<Kind, { text: string; given: boolean } | undefined>;
  }
}

const texts = (
  quantities: Record<Kind, { text: string } | undefined>,
): Quantities =>
  Object.fromEntries(
    kinds.map((kind) => [kind, quantities[kind]?.text ?? ""]),
  ) as Quantities;

const decimal = ["m", "", "k", "M", "G", "T"];
const binary = ["", "Ki", "Mi", "Gi", "Ti"];

/** A quantity in thousandths of a core or of a byte. */
function amount(quantity: string): number {
  const unit = quantity.replace(/^[\d.]+/, "");
  const factor = unit.endsWith("i")
    ? 1000 * 1024 ** binary.indexOf(unit)
    : 1000 ** decimal.indexOf(unit);
  return Math.round(Number.parseFloat(quantity) * factor);
}

/**
 * A quantity in Kubernetes' canonical form, "500m" for "0.5" and "1Gi" for "1024Mi": with the largest unit that leaves
 * a whole number. With any other form, each preview would show the API server's as a change.
 */
export function canonical(quantity: string): string {
  const thousandths = amount(quantity);
  const isBinary = quantity.endsWith("i") && thousandths % 1000 === 0;
  const [units, step] = isBinary ? [binary, 1024] : [decimal, 1000];
  let number = isBinary ? thousandths / 1000 : thousandths;
  let unit = 0;
  while (number % step === 0 && unit < units.length - 1) {
    number /= step;
    unit++;
  }
  return `${number}${units[unit]}`;
}
