import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { isBehindProxy, registryServer } from "./registry-server.ts";

/** How long a registry may take to answer one request. */
const timeoutMs = 10_000;

/** The media types of single-platform and multi-platform images, OCI's and Docker's. */
const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join();

/** This program can't read the image. Docker may be able to: it may have other credentials, or use a proxy. */
export class UnreadableImageError extends Error {
  override name = "UnreadableImageError";
}

/**
 * Resolves an image's tag to its current digest (`node:24` to `node@sha256:…`). Follows the OCI distribution
 * specification, with the credentials of `docker login`. No client on npm reads a digest with HEAD, which registries
 * don't count as a pull.
 * @returns the reference unchanged if it already has a digest
 * @throws UnreadableImageError; another Error if the registry doesn't answer, or does not have the image
 */
export async function pinImage(reference: string): Promise<string> {
  if (/@sha256:[0-9a-f]{64}$/.test(reference)) return reference;
  const { name, registry, repository, tag } = parse(reference);
  const { host, origin } = registryServer(registry);
  if (isBehindProxy(host))
    throw new UnreadableImageError(`${host} is behind a proxy`);
  const url = `${origin}/v2/${repository}/manifests/${tag}`;
  const head = (authorization?: string) =>
    request(url, {
      method: "HEAD",
      headers: {
        accept: manifestTypes,
        ...(authorization && { authorization }),
      },
    });
  let response = await head();
  if (response.status === 401)
    response = await head(
      await authorize(response.headers.get("www-authenticate") ?? "", registry),
    );
  const { status } = response;
  if (status === 401 || status === 403)
    throw new UnreadableImageError(`${url} answers ${status}`);
  const digest = response.headers.get("docker-content-digest");
  if (status === 200 && digest) return `${name}@${digest}`;
  throw new Error(
    `${url} answers ${status}${status === 200 ? " without a digest" : ""}`,
  );
}

/** An image reference's parts, with Docker's defaults: docker.io, library/, latest. */
function parse(reference: string) {
  const [, name = reference, tag = "latest"] =
    reference.match(/^(.+?)(?::([\w][\w.-]*))?$/) ?? [];
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const registry = hasHost ? first : "docker.io";
  const path = hasHost ? rest.join("/") : name;
  const repository =
    registry === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  return { name, registry, repository, tag };
}

/** The Authorization header for a challenge (RFC 7235; for Bearer, Docker's token authentication). */
async function authorize(
  challenge: string,
  registry: string,
): Promise<string | undefined> {
  const credentials = await dockerCredentials(registry);
  const basic = credentials && `Basic ${credentials}`;
  if (!/^bearer /i.test(challenge)) return basic;
  const { realm, ...scope } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [
      key,
      value,
    ]),
  );
  if (!realm || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  for (const [key, value] of Object.entries(scope))
    url.searchParams.set(key, String(value));
  const response = await request(url.href, {
    headers: basic ? { authorization: basic } : {},
  });
  if (!response.ok) return undefined;
  const { token, access_token } = (await response.json()) as Record<
    string,
    string | undefined
  >;
  return `Bearer ${token ?? access_token}`;
}

interface DockerConfig {
  auths?: Record<string, { auth?: string }>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
}

/** Reads the credentials that `docker login` stored for a registry, as `user:password` in base64. */
async function dockerCredentials(
  registry: string,
): Promise<string | undefined> {
  const server =
    registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
  const folder = process.env.DOCKER_CONFIG || join(homedir(), ".docker");
  try {
    const config: DockerConfig = JSON.parse(
      readFileSync(join(folder, "config.json"), "utf8"),
    );
    const helper = config.credHelpers?.[registry] ?? config.credsStore;
    if (!helper) return config.auths?.[server]?.auth;
    const running = promisify(execFile)(`docker-credential-${helper}`, ["get"]);
    running.child.stdin?.end(server);
    const { Username, Secret } = JSON.parse((await running).stdout);
    return Buffer.from(`${Username}:${Secret}`).toString("base64");
  } catch {
    return undefined; // not logged in: many images are public
  }
}

async function request(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, {
      ...options,
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    throw new Error(
      `${url}: ${name === "TimeoutError" ? `no answer in ${timeoutMs / 1000} s` : cause?.message || cause?.code || name}`,
    );
  }
}
