import type { IsEncrypted } from "./encryption.ts";
import type { Issues } from "./issues.ts";
import { parseRequestHeaders } from "./request-headers.ts";
import { hasCredentialsIssue, urlPort } from "./urls.ts";
import { isMap } from "./values.ts";

/** A second container that follows the service's log and ships it with the pod's metadata. */
export interface LogSidecarSettings {
  /** The URL that lines are POSTed to, as NDJSON. @default the sidecar's standard output */
  endpoint?: string;
  /** Secret headers of those requests, such as Authorization. @default none */
  headers?: Record<string, string>;
}

/**
 * Checks `logSidecar`: true, false or a map.
 * @param path of the key in the stack's configuration
 */
export function parseLogSidecar(
  path: [key: string, ...steps: string[]],
  raw: unknown,
  isEncrypted: IsEncrypted,
  issues: Issues,
): { logSidecar?: LogSidecarSettings } {
  const key = path.join(".");
  if (raw === undefined || raw === false) return {};
  if (raw === true) return { logSidecar: {} };
  if (!isMap(raw)) {
    issues.invalid(
      key,
      raw,
      "it must be true, false, or a map, such as { endpoint: https://logs.example.com/ingest }",
    );
    return {};
  }
  issues.rejectUnknownKeys(
    `${key}.`,
    raw,
    ["endpoint", "headers"],
    "a setting of logSidecar",
  );
  const { endpoint } = raw;
  const headers = parseRequestHeaders(
    [...path, "headers"],
    raw.headers,
    isEncrypted,
    issues,
  );
  if (endpoint === undefined) {
    if (headers)
      issues.add(
        `${key}.headers`,
        "are headers of requests to an endpoint, and logSidecar.endpoint is not set",
      );
    return { logSidecar: {} };
  }
  checkEndpoint(`${key}.endpoint`, endpoint, issues);
  return {
    logSidecar: { endpoint: String(endpoint), ...(headers && { headers }) },
  };
}

function checkEndpoint(key: string, endpoint: unknown, issues: Issues): void {
  const url =
    typeof endpoint === "string" && /^https?:\/\/\S+$/.test(endpoint)
      ? URL.parse(endpoint)
      : null;
  // In a text that is not a URL, the part before an @ may be a password, which no message may contain.
  const hasCredentials = url
    ? `${url.username}${url.password}` !== ""
    : typeof endpoint === "string" && endpoint.includes("@");
  if (hasCredentials) issues.add(key, hasCredentialsIssue);
  else if (!url || url.port === "0")
    issues.invalid(
      key,
      endpoint,
      "it must be an http or https URL, such as https://logs.example.com/ingest",
    );
}

/** The port that pods must be able to reach for a sidecar's endpoint, if it has one. */
export const endpointPorts = (sidecar?: LogSidecarSettings): number[] =>
  sidecar?.endpoint ? [urlPort(sidecar.endpoint)] : [];
