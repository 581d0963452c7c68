import { parseDate } from "./http-date.ts";

/** A request's conditional headers, as they came. */
export interface Conditions {
  ifMatch?: string | undefined;
  ifUnmodifiedSince?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifModifiedSince?: string | undefined;
}

/** What a file is recognized by. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  etag: string;
  /** In whole seconds. */
  modified: Date;
}

/**
 * What a GET or HEAD with these conditions gets, in the order of RFC 9110, section 13.2.2: "failed" is a 412, "not modified" a
 * 304. A date that is none is as if it weren't there; a list of entity tags that is none matches nothing.
 */
export function judge(
  conditions: Conditions,
  { etag, modified }: Validators,
): "proceed" | "not modified" | "failed" {
  const { ifMatch, ifUnmodifiedSince, ifNoneMatch, ifModifiedSince } =
    conditions;
  if (ifMatch !== undefined) {
    if (!names(ifMatch, etag, "strong")) return "failed";
  } else {
    const since = parseDate(ifUnmodifiedSince);
    if (since !== undefined && modified.getTime() > since) return "failed";
  }
  if (ifNoneMatch !== undefined) {
    if (names(ifNoneMatch, etag, "weak")) return "not modified";
  } else {
    const since = parseDate(ifModifiedSince);
    if (since !== undefined && modified.getTime() <= since)
      return "not modified";
  }
  return "proceed";
}

/**
 * Whether a part that is asked for belongs to what the client has already (RFC 9110, 13.1.5): it names the very entity tag,
 * or the very date, or does not ask. A weak tag never does.
 * @param ifRange the header's value
 */
export function partStillFits(
  ifRange: string | undefined,
  { etag, modified }: Validators,
): boolean {
  if (ifRange === undefined) return true;
  const value = ifRange.replace(/^[ \t]+|[ \t]+$/g, "");
  return value === etag || parseDate(value) === modified.getTime();
}

/** The next entity tag of a list, up to the comma after it; or what is left at the list's end, which may be empty elements. */
const next = /[ \t,]*(?:(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)|$)/y;

/**
 * Whether a list of entity tags, or `*`, names this one. Tags may have commas in them. In a weak comparison `W/` does not
 * count (RFC 9110, 8.8.3.2).
 */
function names(
  header: string,
  etag: string,
  comparison: "strong" | "weak",
): boolean {
  if (header.trim() === "*") return true;
  let found = false;
  next.lastIndex = 0;
  for (;;) {
    const match = next.exec(header);
    if (!match) return false;
    const [, weak, tag] = match;
    if (tag === undefined) return found;
    if (tag === etag && (comparison === "weak" || !weak)) found = true;
  }
}
