import { validateHeaderName } from "node:http";
import { type IsEncrypted, notEncrypted } from "../components/secret.ts";
import { type Issues, isMap } from "./issues.ts";

/** Headers that HTTP clients set themselves. */
const reserved = [
  ...["connection", "content-encoding", "content-length", "content-type"],
  ...["expect", "host", "keep-alive", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade"],
];

/**
 * Checks headers with secret values. Its sentences never contain a value.
 * @param path of the map in the stack's configuration
 * @returns undefined if there are none
 */
export function parseRequestHeaders(
  path: [key: string, ...steps: string[]],
  raw: unknown,
  isEncrypted: IsEncrypted,
  { add: mistake }: Issues,
): Record<string, string> | undefined {
  const key = path.join(".");
  if (raw === undefined) return undefined;
  if (!isMap(raw)) {
    mistake(key, "must be a map of header names to their values");
    return undefined;
  }
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(raw)) {
    const at = `${key}[${JSON.stringify(name)}]`;
    const lowerCase = name.toLowerCase();
    if (!isHeaderName(name))
      mistake(
        at,
        "is not a header's name: that is letters, digits and !#$%&'*+-.^_`|~ (RFC 9110)",
      );
    else if (reserved.includes(lowerCase))
      mistake(at, "can't be set here: HTTP clients set this header themselves");
    else if (seen.has(lowerCase))
      mistake(at, "is set twice: header names are case-insensitive");
    seen.add(lowerCase);
    if (
      typeof value !== "string" ||
      !/^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    )
      mistake(
        at,
        "must be a text of ASCII characters that is not empty, without line breaks and without spaces at its ends",
      );
    if (!isEncrypted(...path, name)) mistake(at, notEncrypted(at));
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
