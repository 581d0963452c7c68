/** A part of a file: the bytes from `start` to `end`, both included. */
export interface Part {
  start: number;
  end: number;
}

/** What a Range header asks of a file: parts of it, all of it (no ranges that we serve), or nothing that it has. */
export type Ranges =
  | { kind: "parts"; parts: Part[] }
  | { kind: "whole" }
  | { kind: "unsatisfiable" };

const whole: Ranges = { kind: "whole" };

/** Ranges that are read at all, and parts that an answer has at most. Players ask for one, PDF viewers for a few. */
const limits = { ranges: 64, parts: 8 };

/** What a part's own headers take in a multipart answer, in bytes: a smaller gap is cheaper to send than to leave out. */
const overhead = 80;

/**
 * Reads a Range header as RFC 9110, section 14, has it. What is no such header (another unit, an end before its start) is as
 * none: the whole. So is what only a broken or hostile client asks for (14.2): ranges that together are more than the file
 * has, as nginx decides it too, or more than 8 parts. Ranges that overlap or nearly touch become one part (15.3.7.2), in the
 * place of the first of them; the others stay in the order that they were asked for.
 * @param header the header's value
 * @param size the file's size in bytes
 */
export function parseRanges(header: string | undefined, size: number): Ranges {
  const set = /^bytes=(.*)$/i.exec(header ?? "")?.[1];
  if (set === undefined) return whole;
  // Lists may have empty elements (5.6.1), but not only these.
  const specs = set
    .split(",", limits.ranges + 1)
    .map(trim)
    .filter(Boolean);
  if (specs.length === 0 || specs.length > limits.ranges) return whole;

  const asked: Part[] = [];
  for (const spec of specs) {
    const part = parseRange(spec, size);
    if (part === "whole" || part === "invalid") return whole;
    if (part) asked.push(part);
  }
  if (asked.length === 0) return { kind: "unsatisfiable" };
  const total = asked.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  if (total > size) return whole;
  const parts = join(asked);
  return parts.length > limits.parts ? whole : { kind: "parts", parts };
}

/** Without the spaces and tabs around it; no other white space may be there. */
const trim = (text: string) => {
  let [start, end] = [0, text.length];
  while (text[start] === " " || text[start] === "\t") start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t"))
    end--;
  return text.slice(start, end);
};

/** @returns undefined if the file has nothing of it; "whole" where it is the end of an empty file, which no part can name */
function parseRange(
  spec: string,
  size: number,
): Part | "whole" | "invalid" | undefined {
  const match = /^(\d*)-(\d*)$/.exec(spec);
  if (!match) return "invalid";
  const [first, last] = [match[1] as string, match[2] as string];
  if (first === "") {
    if (last === "") return "invalid";
    // "-500": the last 500 bytes, or all of a file that has fewer.
    const length = Math.min(Number(last), size);
    if (length > 0) return { start: size - length, end: size - 1 };
    return Number(last) > 0 ? "whole" : undefined;
  }
  if (last !== "" && BigInt(last) < BigInt(first)) return "invalid";
  const start = Number(first);
  if (start >= size) return undefined;
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return { start, end };
}

/** One part for those that overlap, or have less between them than a part costs. */
function join(asked: Part[]): Part[] {
  const inOrder = asked.map((part, place) => ({ ...part, place }));
  inOrder.sort((a, b) => a.start - b.start);
  const joined: typeof inOrder = [];
  for (const part of inOrder) {
    const before = joined.at(-1);
    if (before && part.start - before.end - 1 < overhead) {
      before.end = Math.max(before.end, part.end);
      before.place = Math.min(before.place, part.place);
    } else joined.push(part);
  }
  return joined
    .sort((a, b) => a.place - b.place)
    .map(({ start, end }) => ({ start, end }));
}
