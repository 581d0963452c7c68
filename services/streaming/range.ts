/** What a Range header asks of a file: a part of it, all of it (no range that we serve in parts), or nothing that it has. */
export type Range =
  | { kind: "part"; start: number; end: number }
  | { kind: "whole" }
  | { kind: "unsatisfiable" };

/**
 * Reads a Range header as RFC 9110, section 14, has it. Another unit, several ranges and what is no range at all are
 * answered with the whole, as a server may.
 * @param header the header's value
 * @param size the file's size in bytes
 */
export function parseRange(header: string | undefined, size: number): Range {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? "");
  if (!match) return { kind: "whole" };
  const [first, last] = [match[1] as string, match[2] as string];
  if (first === "") {
    if (last === "") return { kind: "whole" };
    // "-500": the last 500 bytes, or all of a file that has fewer.
    const length = Math.min(Number(last), size);
    if (length === 0) return { kind: "unsatisfiable" };
    return { kind: "part", start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  if (start >= size) return { kind: "unsatisfiable" };
  return { kind: "part", start, end };
}
