import { parseHttpDate } from "./http-date.ts";

/** Values of a request's conditional headers. */
export interface Preconditions {
  ifMatch?: string | undefined;
  ifUnmodifiedSince?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifModifiedSince?: string | undefined;
}

/** A file's validators: RFC 9110, 8.8. */
export interface Validators {
  /** A strong entity tag, including its quotes. */
  etag: string;
  /** Truncated to seconds. */
  modified: Date;
}

/**
 * Evaluates the conditional headers of a GET or HEAD in the order of RFC 9110, 13.2.2: "failed" means 412, "not
 * modified" means 304. Invalid dates are ignored; an invalid list of entity tags matches nothing.
 */
export function evaluatePreconditions(
  conditions: Preconditions,
  { etag, modified }: Validators,
): "proceed" | "not modified" | "failed" {
  const { ifMatch, ifUnmodifiedSince, ifNoneMatch, ifModifiedSince } =
    conditions;
  if (ifMatch !== undefined) {
    if (!listContains(ifMatch, etag, "strong")) return "failed";
  } else {
    const since = parseHttpDate(ifUnmodifiedSince);
    if (since !== undefined && modified.getTime() > since) return "failed";
  }
  if (ifNoneMatch !== undefined) {
    if (listContains(ifNoneMatch, etag, "weak")) return "not modified";
  } else {
    const since = parseHttpDate(ifModifiedSince);
    if (since !== undefined && modified.getTime() <= since)
      return "not modified";
  }
  return "proceed";
}

/**
 * Whether a range request may be answered with a part (RFC 9110, 13.1.5): If-Range is absent, or equals the entity tag
 * or the date exactly. Weak tags never match.
 * @param ifRange the header's value
 */
export function ifRangeMatches(
  ifRange: string | undefined,
  { etag, modified }: Validators,
): boolean {
  if (ifRange === undefined) return true;
  const value = ifRange.replace(/^[ \t]+|[ \t]+$/g, "");
  return value === etag || parseHttpDate(value) === modified.getTime();
}

/** Matches the next entity tag of a list up to its comma, or the end of the list, which may have empty elements. */
const nextEntityTag =
  /[ \t,]*(?:(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)|$)/y;

/**
 * Whether a list of entity tags, or `*`, contains this one. Tags may contain commas. Weak comparison ignores `W/`
 * (RFC 9110, 8.8.3.2).
 */
function listContains(
  header: string,
  etag: string,
  comparison: "strong" | "weak",
): boolean {
  if (header.trim() === "*") return true;
  let found = false;
  nextEntityTag.lastIndex = 0;
  for (;;) {
    const match = nextEntityTag.exec(header);
    if (!match) return false;
    const [, weak, tag] = match;
    if (tag === undefined) return found;
    if (tag === etag && (comparison === "weak" || !weak)) found = true;
  }
}
