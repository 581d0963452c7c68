import type { Line } from "./log-follower.ts";

/**
 * Where a line comes from, by the names that Fluent Bit's kubernetes filter gives: what receives its records knows
 * these.
 */
export interface KubernetesMetadata {
  namespace_name: string;
  pod_name: string;
  /** The node. */
  host: string;
  container_name: string;
}

/** Makes what is shipped of each line: one JSON object, with its newline. */
export function createRecordFormatter(
  kubernetes: KubernetesMetadata,
): (line: Line) => string {
  const member = `"kubernetes":${JSON.stringify(kubernetes)}`;

  /**
   * A line that is a JSON object itself, with its members as they are: a number keeps digits that a parsed one would
   * lose.
   */
  function extend(line: string): string | undefined {
    try {
      const members: unknown = JSON.parse(line);
      if (!isObject(members)) return undefined;
      if (Object.hasOwn(members, "kubernetes"))
        return `${JSON.stringify({ ...members, kubernetes })}\n`;
      const open = line.trimEnd().slice(0, -1);
      const comma = Object.keys(members).length > 0 ? "," : "";
      return `${open}${comma}${member}}\n`;
    } catch {
      return undefined; // no JSON, or nested deeper than can be written
    }
  }

  return ({ text, truncated }) => {
    const whole = truncated ? undefined : extend(text);
    if (whole !== undefined) return whole;
    const mark = truncated ? ',"truncated":true' : "";
    return `{"message":${JSON.stringify(text)}${mark},${member}}\n`;
  };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
