import { validateHeaderName } from "node:http";
import { type IsEncrypted, notEncrypted } from "./encryption.ts";
import type { Issues } from "./issues.ts";
import { isMap } from "./values.ts";

/** Headers that HTTP clients set themselves. */
const reserved = [
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * Checks headers with secret values. Its sentences never contain a value.
 * @param path of the map in the stack's configuration
 * @returns undefined if there are no headers
 */
export function parseRequestHeaders(
  path: [key: string, ...steps: string[]],
  raw: unknown,
  isEncrypted: IsEncrypted,
  issues: Issues,
): Record<string, string> | undefined {
  const key = path.join(".");
  if (raw === undefined) return undefined;
  if (!isMap(raw)) {
    issues.add(key, "must be a map of header names to their values");
    return undefined;
  }
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(raw)) {
    const at = `${key}[${JSON.stringify(name)}]`;
    const lowerCase = name.toLowerCase();
    if (!isHeaderName(name))
      issues.add(
        at,
        "is not a valid header name, which has letters, digits and !#$%&'*+-.^_`|~ (RFC 9110)",
      );
    else if (reserved.includes(lowerCase))
      issues.add(
        at,
        "can't be set here: HTTP clients set this header themselves",
      );
    else if (seen.has(lowerCase))
      issues.add(at, "is set twice: header names are case-insensitive");
    seen.add(lowerCase);
    if (
      typeof value !== "string" ||
      !/^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    )
      issues.add(
        at,
        "must be a text of ASCII characters that is not empty, without line breaks and without spaces at either end",
      );
    if (!isEncrypted(...path, name)) issues.add(at, notEncrypted(at));
  }
  return Object.keys(raw).length > 0
    ? (raw as Record<string, string>)
    : undefined;
}

function isHeaderName(name: string): boolean {
  try {
    validateHeaderName(name);
    return true;
  } catch {
    return false;
  }
}
