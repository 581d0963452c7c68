import { type Issues, list } from "./issues.ts";
import { isMap, isText, isWhole } from "./values.ts";

/** The nodes that pods may run on. */
export interface SchedulingSettings {
  /** Labels that a node must have. @default none */
  nodeSelector?: Record<string, string>;
  /** Taints that nodes may have. @default none */
  tolerations?: Toleration[];
}

/** A toleration with the fields of Kubernetes' own. */
interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

const operators = ["Exists", "Equal"];
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const example = "{ key: dedicated, value: video, effect: NoSchedule }";

/** Checks `services.‹name›.nodeSelector`. */
export function parseNodeSelector(
  key: string,
  raw: unknown,
  issues: Issues,
): Pick<SchedulingSettings, "nodeSelector"> {
  if (raw === undefined) return {};
  if (isMap(raw) && Object.values(raw).every(isText))
    return { nodeSelector: raw as Record<string, string> };
  issues.invalid(
    key,
    raw,
    "it must be a map of nodes' labels to their values, such as { disktype: ssd }; numbers and booleans need quotes",
  );
  return {};
}

/** Checks `services.‹name›.tolerations`. */
export function parseTolerations(
  key: string,
  raw: unknown,
  issues: Issues,
): Pick<SchedulingSettings, "tolerations"> {
  if (raw === undefined) return {};
  if (!Array.isArray(raw)) {
    issues.invalid(key, raw, `it must be a list, such as [${example}]`);
    return {};
  }
  for (const [index, toleration] of raw.entries())
    checkToleration(`${key}[${index}]`, toleration, issues);
  return { tolerations: raw };
}

function checkToleration(key: string, raw: unknown, issues: Issues): void {
  if (!isMap(raw)) {
    issues.invalid(key, raw, `it must be a map, such as ${example}`);
    return;
  }
  const check = (name: keyof Toleration, isValid: boolean, rule: string) => {
    if (!isValid) issues.invalid(`${key}.${name}`, raw[name], rule);
  };
  issues.rejectUnknownKeys(
    `${key}.`,
    raw,
    ["key", "operator", "value", "effect", "tolerationSeconds"],
    "a setting of a toleration",
  );
  const { operator = "Equal", value, effect, tolerationSeconds } = raw;
  for (const name of ["key", "value"] as const)
    check(
      name,
      raw[name] === undefined || isText(raw[name]),
      "it must be text; quote it",
    );
  check(
    "operator",
    operators.includes(operator as string),
    `it must be ${list(operators, "or")}`,
  );
  check(
    "key",
    operator !== "Equal" || raw.key !== undefined,
    "a toleration needs the key of a taint",
  );
  check(
    "value",
    operator !== "Exists" || value === undefined,
    "with operator Exists, any value is tolerated",
  );
  check(
    "effect",
    effect === undefined || effects.includes(effect as string),
    `it must be ${list(effects, "or")}`,
  );
  if (tolerationSeconds === undefined) return;
  if (!isWhole(tolerationSeconds, 0))
    check("tolerationSeconds", false, "it must be a whole number of seconds");
  else
    check(
      "tolerationSeconds",
      effect === "NoExecute",
      "only a toleration of NoExecute has one, as it is the time until pods are evicted",
    );
}
