import type { Issues } from "./issues.ts";
import { isMap, isWhole } from "./values.ts";

/** Scales the number of pods with their CPU usage. */
export interface AutoscaleSettings {
  /** The fewest pods. @default 2, so that one node may fail */
  min: number;
  /** The most pods. */
  max: number;
  /**
   * Target CPU usage, averaged over the pods, in percent of their CPU request. @default 80, as in `kubectl autoscale`
   */
  cpuPercent: number;
}

/** How many pods a service has. */
export interface ScaleSettings {
  /** A fixed number of pods. @default 2 without `autoscale` */
  replicas?: number;
  autoscale?: AutoscaleSettings;
}

/** The default number of pods of a service: one node may fail. */
export const defaultPods = 2;

/** The most pods of one service. Kubernetes supports 150,000 in a cluster; a higher number here is a typing error. */
const maxPods = 10_000;

/**
 * Checks `replicas` and `autoscale`.
 * @param at the full key of a key of the service
 */
export function parseScale(
  at: (key: string) => string,
  replicas: unknown,
  autoscale: unknown,
  issues: Issues,
): ScaleSettings {
  if (replicas !== undefined && !isWhole(replicas, 0))
    issues.invalid(
      at("replicas"),
      replicas,
      "it must be a whole number, 0 or more",
    );
  else if (Number(replicas) > maxPods)
    issues.invalid(at("replicas"), replicas, `it must be ${maxPods} at most`);
  if (autoscale === undefined)
    return { replicas: isWhole(replicas, 0) ? replicas : defaultPods };
  if (replicas !== undefined)
    issues.invalid(
      at("replicas"),
      replicas,
      `${at("autoscale")} is set, too, and only one of them can determine the number of pods; remove one (\`pulumi config rm --path 'marquee:${at("replicas")}'\`)`,
    );
  return { autoscale: parseAutoscale(at("autoscale"), autoscale, issues) };
}

function parseAutoscale(
  key: string,
  raw: unknown,
  issues: Issues,
): AutoscaleSettings {
  const settings = { min: defaultPods, max: defaultPods, cpuPercent: 80 };
  if (!isMap(raw)) {
    issues.invalid(
      key,
      raw,
      "it must be a map, such as { min: 2, max: 10, cpuPercent: 80 }",
    );
    return settings;
  }
  issues.rejectUnknownKeys(
    `${key}.`,
    raw,
    Object.keys(settings),
    "a setting of autoscale",
  );
  const { min = settings.min, max, cpuPercent = settings.cpuPercent } = raw;
  if (isWhole(min, 1)) settings.min = min;
  else
    issues.invalid(`${key}.min`, min, "it must be a whole number, 1 or more");
  if (!isWhole(max, 1))
    issues.invalid(`${key}.max`, max, "it must be a whole number, 1 or more");
  else if (isWhole(min, 1) && max < min)
    issues.invalid(
      `${key}.max`,
      max,
      `it must not be less than ${key}.min, which is ${min}${raw.min === undefined ? " (the default)" : ""}`,
    );
  else if (max > maxPods)
    issues.invalid(`${key}.max`, max, `it must be ${maxPods} at most`);
  else settings.max = max;
  // Above 100: pods may use more CPU than they request, up to their limit.
  if (isWhole(cpuPercent, 1, 1000)) settings.cpuPercent = cpuPercent;
  else
    issues.invalid(
      `${key}.cpuPercent`,
      cpuPercent,
      "it must be a whole number from 1 to 1000, of the CPU that a pod requests",
    );
  return settings;
}
