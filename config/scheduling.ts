import type * as k8s from "@pulumi/kubernetes";
import { type Issues, isMap, isWhole, list } from "./issues.ts";

/** On which nodes pods may run. */
export interface SchedulingSettings {
  /** Labels that a node needs to have. @default none */
  nodeSelector?: Record<string, string>;
  /** Taints of nodes that pods may run on all the same. @default none */
  tolerations?: readonly k8s.types.input.core.v1.Toleration[];
}

const operators = ["Exists", "Equal"];
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const example = "{ key: dedicated, value: video, effect: NoSchedule }";

/** Checks `services.‹name›.nodeSelector`. */
export function parseNodeSelector(
  key: string,
  raw: unknown,
  { invalid: wrong }: Issues,
): Pick<SchedulingSettings, "nodeSelector"> {
  if (raw === undefined) return {};
  if (isMap(raw) && Object.values(raw).every(isText))
    return { nodeSelector: raw as Record<string, string> };
  wrong(
    key,
    raw,
    "it must be a map of nodes' labels to their values, such as { disktype: ssd }; numbers and booleans need quotes",
  );
  return {};
}

/** Checks `services.‹name›.tolerations`, which have the fields of Kubernetes' own. */
export function parseTolerations(
  key: string,
  raw: unknown,
  report: Issues,
): Pick<SchedulingSettings, "tolerations"> {
  if (raw === undefined) return {};
  if (!Array.isArray(raw)) {
    report.invalid(key, raw, `it must be a list, such as [${example}]`);
    return {};
  }
  for (const [index, toleration] of raw.entries())
    checkToleration(`${key}[${index}]`, toleration, report);
  return { tolerations: raw };
}

function checkToleration(key: string, raw: unknown, report: Issues): void {
  const { invalid: wrong, rejectUnknownKeys: known } = report;
  if (!isMap(raw)) {
    wrong(key, raw, `it must be a map, such as ${example}`);
    return;
  }
  const keys = ["key", "operator", "value", "effect", "tolerationSeconds"];
  known(`${key}.`, raw, keys, "a setting of a toleration");
  const { operator = "Equal", value, effect, tolerationSeconds } = raw;
  for (const name of ["key", "value"])
    if (raw[name] !== undefined && !isText(raw[name]))
      wrong(`${key}.${name}`, raw[name], "it must be text; quote it");
  if (!operators.includes(operator as string))
    wrong(`${key}.operator`, operator, `it must be ${list(operators, "or")}`);
  if (operator === "Equal" && raw.key === undefined)
    wrong(`${key}.key`, raw.key, "a toleration needs the key of a taint");
  if (operator === "Exists" && value !== undefined)
    wrong(
      `${key}.value`,
      value,
      "with operator Exists, any value is tolerated",
    );
  if (effect !== undefined && !effects.includes(effect as string))
    wrong(`${key}.effect`, effect, `it must be ${list(effects, "or")}`);
  if (tolerationSeconds === undefined) return;
  if (!isWhole(tolerationSeconds, 0))
    wrong(
      `${key}.tolerationSeconds`,
      tolerationSeconds,
      "it must be a whole number of seconds",
    );
  else if (effect !== "NoExecute")
    wrong(
      `${key}.tolerationSeconds`,
      tolerationSeconds,
      `only a toleration of NoExecute has one, as it is the time until pods are evicted`,
    );
}

const isText = (value: unknown) => typeof value === "string";
