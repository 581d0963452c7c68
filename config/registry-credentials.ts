import { isDeepStrictEqual } from "node:util";
import { type IsEncrypted, notEncrypted } from "./encryption.ts";
import { registryHostPattern } from "./image-reference.ts";
import type { Issues } from "./issues.ts";
import { isMap } from "./values.ts";

/** A kubelet's login at a registry. */
export interface RegistryCredentials {
  username: string;
  password: string;
}

/** Docker Hub's host in image references. */
export const dockerHub = "docker.io";

/** Docker Hub's other hosts. */
const dockerHubHosts = ["index.docker.io", "registry-1.docker.io"];

/**
 * Checks `marquee:registryCredentials`, by registry host. Its sentences never contain a value.
 * @returns undefined if there are no credentials
 */
export function parseRegistryCredentials(
  raw: unknown,
  isEncrypted: IsEncrypted,
  issues: Issues,
): Record<string, RegistryCredentials> | undefined {
  if (raw === undefined) return undefined;
  if (!isMap(raw)) {
    issues.add(
      "registryCredentials",
      "must be a map of registry hosts to their username and password",
    );
    return undefined;
  }
  // `pulumi config rm` leaves null or {} behind when it removes a map's last key.
  const given = Object.entries(raw).filter(
    ([, value]) => value !== null && !isDeepStrictEqual(value, {}),
  );
  for (const [host, credentials] of given)
    checkCredentials(host, credentials, isEncrypted, issues);
  return given.length > 0
    ? (Object.fromEntries(given) as Record<string, RegistryCredentials>)
    : undefined;
}

function checkCredentials(
  host: string,
  credentials: unknown,
  isEncrypted: IsEncrypted,
  issues: Issues,
): void {
  const key = `registryCredentials[${JSON.stringify(host)}]`;
  if (dockerHubHosts.includes(host))
    issues.add(key, `must be named ${dockerHub}, as in image references`);
  else if (!registryHostPattern.test(host))
    issues.add(
      key,
      'is not named after a registry\'s host: that is a host, optionally with a port, in lower case and without "https://" and path, such as ghcr.io or registry.example.com:5000',
    );
  if (!isMap(credentials)) {
    issues.add(key, "must be a map with username and password");
    return;
  }
  issues.rejectUnknownKeys(
    `${key}.`,
    credentials,
    ["username", "password"],
    "a setting of a registry",
  );
  const { username, password } = credentials;
  // RFC 7617: in Basic authentication, a colon ends the username.
  if (typeof username !== "string" || !/^[^:\p{Cc}]+$/u.test(username))
    issues.add(
      `${key}.username`,
      username === undefined
        ? "is missing"
        : "must be a text that is not empty, without colons and control characters",
    );
  if (password === undefined) {
    issues.add(
      `${key}.password`,
      `is missing: set it with \`pulumi config set --secret --path 'marquee:${key}.password'\``,
    );
    return;
  }
  if (typeof password !== "string" || password === "")
    issues.add(`${key}.password`, "must be a text that is not empty");
  if (!isEncrypted("registryCredentials", host, "password"))
    issues.add(`${key}.password`, notEncrypted(`${key}.password`));
}
