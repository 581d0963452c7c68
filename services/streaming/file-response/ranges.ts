/** A part of a file: the bytes from `start` to `end`, inclusive. */
export interface Part {
  start: number;
  end: number;
}

/** The selection of a Range header: parts, the whole file (the header is ignored), or nothing that exists. */
export type Ranges =
  | { kind: "parts"; parts: Part[] }
  | { kind: "whole" }
  | { kind: "unsatisfiable" };

const whole: Ranges = { kind: "whole" };

/** Most ranges that are parsed, and most parts of a response. Players ask for one, PDF viewers for a few. */
const limits = { ranges: 64, parts: 8 };

/** Bytes of a part's own headers in a multipart response: sending a smaller gap is cheaper than omitting it. */
const partOverheadBytes = 80;

/**
 * Parses a Range header per RFC 9110, 14. Invalid headers (another unit, an end before the start) are ignored and
 * select the whole file. So do requests that only a broken or hostile client makes (14.2): ranges that add up to more
 * than the file, as in nginx, or more than 8 parts. Ranges that overlap or nearly touch are joined (15.3.7.2) at the
 * position of the first; otherwise the requested order is kept.
 * @param header the header's value
 * @param size the file's size in bytes
 */
export function parseRanges(header: string | undefined, size: number): Ranges {
  const set = /^bytes=(.*)$/i.exec(header ?? "")?.[1];
  if (set === undefined) return whole;
  // Lists may have empty elements (5.6.1), but need one that isn't.
  const specs = set
    .split(",", limits.ranges + 1)
    .map(trim)
    .filter(Boolean);
  if (specs.length === 0 || specs.length > limits.ranges) return whole;

  const requested: Part[] = [];
  for (const spec of specs) {
    const part = parseRange(spec, size);
    if (part === "whole" || part === "invalid") return whole;
    if (part) requested.push(part);
  }
  if (requested.length === 0) return { kind: "unsatisfiable" };
  const total = requested.reduce(
    (sum, { start, end }) => sum + end - start + 1,
    0,
  );
  if (total > size) return whole;
  const parts = joinRanges(requested);
  return parts.length > limits.parts ? whole : { kind: "parts", parts };
}

/** Strips spaces and tabs; other white space is not allowed. */
const trim = (text: string) => {
  let [start, end] = [0, text.length];
  while (text[start] === " " || text[start] === "\t") start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t"))
    end--;
  return text.slice(start, end);
};

/** @returns undefined if unsatisfiable; "whole" for a suffix of an empty file, which no part can express */
function parseRange(
  spec: string,
  size: number,
): Part | "whole" | "invalid" | undefined {
  const match = /^(\d*)-(\d*)$/.exec(spec);
  if (!match) return "invalid";
  const [first, last] = [match[1] as string, match[2] as string];
  if (first === "") {
    if (last === "") return "invalid";
    // "-500" selects the last 500 bytes, or all of a shorter file.
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

/** Joins ranges that overlap or whose gap is smaller than a part's overhead. */
function joinRanges(requested: Part[]): Part[] {
  const inOrder = requested.map((part, place) => ({ ...part, place }));
  inOrder.sort((a, b) => a.start - b.start);
  const joined: typeof inOrder = [];
  for (const part of inOrder) {
    const before = joined.at(-1);
    if (before && part.start - before.end - 1 < partOverheadBytes) {
      before.end = Math.max(before.end, part.end);
      before.place = Math.min(before.place, part.place);
    } else joined.push(part);
  }
  return joined
    .sort((a, b) => a.place - b.place)
    .map(({ start, end }) => ({ start, end }));
}
