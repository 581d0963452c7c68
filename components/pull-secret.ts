import { isDeepStrictEqual } from "node:util";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { registryHostPattern } from "../config/image-reference.ts";
import { type Issues, isMap } from "../config/issues.ts";
import { forcePatch } from "./naming.ts";
import { type IsEncrypted, notEncrypted } from "./secret.ts";

/** A kubelet's login at a registry. */
export interface RegistryCredentials {
  username: string;
  password: string;
}

/** Docker Hub's name in image references, and its other hosts. */
const dockerHub = "docker.io";
const dockerHubHosts = ["index.docker.io", "registry-1.docker.io"];

/**
 * Checks `marquee:registryCredentials`, by registry host. Its sentences never contain a value.
 * @returns undefined if there are none
 */
export function parseRegistryCredentials(
  raw: unknown,
  isEncrypted: IsEncrypted,
  { add: mistake, rejectUnknownKeys: known }: Issues,
): Record<string, RegistryCredentials> | undefined {
  if (raw === undefined) return undefined;
  if (!isMap(raw)) {
    mistake(
      "registryCredentials",
      "must be a map of registry hosts to their username and password",
    );
    return undefined;
  }
  // `pulumi config rm` leaves null or {} behind when it removes a map's last key.
  const given = Object.entries(raw).filter(
    ([, value]) => value !== null && !isDeepStrictEqual(value, {}),
  );
  for (const [host, credentials] of given) {
    const at = `registryCredentials[${JSON.stringify(host)}]`;
    if (dockerHubHosts.includes(host))
      mistake(at, `must be named ${dockerHub}, as in image references`);
    else if (!registryHostPattern.test(host))
      mistake(
        at,
        'is not named after a registry\'s host: that is a host, maybe with a port, in small letters and without "https://" and path, such as ghcr.io or registry.example.com:5000',
      );
    if (!isMap(credentials)) {
      mistake(at, "must be a map with username and password");
      continue;
    }
    const keys = ["username", "password"];
    known(`${at}.`, credentials, keys, "a setting of a registry");
    const { username, password } = credentials;
    // RFC 7617: in Basic authentication, a colon ends the username.
    if (typeof username !== "string" || !/^[^:\p{Cc}]+$/u.test(username))
      mistake(
        `${at}.username`,
        username === undefined
          ? "is missing"
          : "must be a text that is not empty, without colons and control characters",
      );
    if (password === undefined) {
      mistake(
        `${at}.password`,
        `is missing: set it with \`pulumi config set --secret --path 'marquee:${at}.password'\``,
      );
      continue;
    }
    if (typeof password !== "string" || password === "")
      mistake(`${at}.password`, "must be a text that is not empty");
    if (!isEncrypted("registryCredentials", host, "password"))
      mistake(`${at}.password`, notEncrypted(`${at}.password`));
  }
  return given.length > 0
    ? (Object.fromEntries(given) as Record<string, RegistryCredentials>)
    : undefined;
}

/**
 * Creates the Secret that ServiceAccounts name in imagePullSecrets. Its name stays, so that pods that exist pull with a
 * new password, too.
 * @param provider with enableSecretMutable; by default, Pulumi would delete the Secret and create it again
 * @returns its name
 */
export function createPullSecret(
  credentials: Record<string, RegistryCredentials>,
  namespace: pulumi.Input<string>,
  provider: k8s.Provider,
): pulumi.Output<string> {
  const name = "registry-credentials";
  const { metadata } = new k8s.core.v1.Secret(
    name,
    {
      metadata: { name, namespace, annotations: forcePatch },
      type: "kubernetes.io/dockerconfigjson",
      stringData: pulumi.secret({
        ".dockerconfigjson": dockerConfig(credentials),
      }),
    },
    { provider },
  );
  return metadata.name;
}

/** A ~/.docker/config.json, as `kubectl create secret docker-registry` writes it. */
const dockerConfig = (credentials: Record<string, RegistryCredentials>) =>
  JSON.stringify({
    auths: Object.fromEntries(
      Object.entries(credentials).map(([host, { username, password }]) => [
        host === dockerHub ? "https://index.docker.io/v1/" : host,
        {
          username,
          password,
          auth: Buffer.from(`${username}:${password}`).toString("base64"),
        },
      ]),
    ),
  });
