import type { Line } from "./log-follower.ts";

/** The origin of a line, with the field names of Fluent Bit's kubernetes filter, which log stores understand. */
export interface KubernetesMetadata {
  namespace_name: string;
  pod_name: string;
  /** The node's name. */
  host: string;
  container_name: string;
}

/** Formats a line as a record: one JSON object and a newline. */
export function createRecordFormatter(
  kubernetes: KubernetesMetadata,
): (line: Line) => string {
  const member = `"kubernetes":${JSON.stringify(kubernetes)}`;

  /**
   * Adds the metadata to a line that is a JSON object. Edits the text, because parsing would lose digits of large
   * numbers.
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
      return undefined; // not JSON, or nested too deeply for JSON.stringify
    }
  }

  return ({ text, truncated }) => {
    const extended = truncated ? undefined : extend(text);
    if (extended !== undefined) return extended;
    const flag = truncated ? ',"truncated":true' : "";
    return `{"message":${JSON.stringify(text)}${flag},${member}}\n`;
  };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
