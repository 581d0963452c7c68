import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { isBehindProxy, registryServer } from "../config/image-reference.ts";
import type { Settings } from "../config/settings.ts";
import type { DeploymentRecord } from "./deployment-record.ts";
import { imagesToBuild } from "./images/image-source.ts";
import { databaseSecret } from "./secret.ts";
import { contextChangeMistake, namespaceMistake } from "./stack-namespace.ts";

/** What this program needs of a kubeconfig. */
export interface Kubeconfig {
  /** The files it was read from, as KUBECONFIG or kubectl's default name them. */
  files: string[];
  /** By context, the address of its API server. */
  servers: Map<string, string | undefined>;
}

/** How long a registry may take to answer, in milliseconds. */
const patience = 5_000;

/**
 * Reads the kubeconfig that kubectl would: the files in KUBECONFIG, else ~/.kube/config. The first to name a context wins.
 * @throws pulumi.RunError if one of them is no YAML file
 */
export function readKubeconfig(variable = process.env.KUBECONFIG): Kubeconfig {
  const files = variable
    ? variable.split(delimiter).filter((file) => file !== "")
    : [join(homedir(), ".kube/config")];
  const parsed = files.filter((file) => existsSync(file)).map(readYaml);
  // A context may name a cluster of another file.
  const clusters = parsed.flatMap(({ clusters }) => clusters ?? []);
  const servers: Kubeconfig["servers"] = new Map();
  for (const { name, context } of parsed.flatMap(
    ({ contexts }) => contexts ?? [],
  )) {
    const cluster = clusters.find(({ name }) => name === context?.cluster);
    if (!servers.has(name)) servers.set(name, cluster?.cluster?.server);
  }
  return { files, servers };
}

function readYaml(file: string) {
  try {
    return parse(readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw new pulumi.RunError(
      `The kubeconfig ${file} can't be read, so nothing was built or changed: ${(error as Error).message}`,
    );
  }
}

/** The API server's own port. Behind another one on this machine (kind, k3d, minikube), Docker maps that port alone. */
const apiServerPort = "6443";

/**
 * The host where node ports answer, if the kubeconfig tells: the API server's address, on local and single-node clusters. A
 * cloud's API server has a name and no node ports; there, any node's address does.
 */
export function nodeHost(
  { servers }: Kubeconfig,
  context: string,
): string | undefined {
  const server = servers.get(context);
  if (!server || !URL.canParse(server)) return undefined;
  const { hostname, port } = new URL(server);
  const isLoopback = /^(localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0)$/.test(
    hostname,
  );
  if (isLoopback) return port === apiServerPort ? hostname : undefined;
  return isIP(hostname.replace(/[[\]]/g, "")) ? hostname : undefined;
}

/**
 * Makes sure, before anything is built or changed, that the context exists and is the one that the stack is deployed to, that
 * the namespace is this stack's or free, that a database elsewhere has a password, and, if images are to be pushed, that the
 * registry answers. A preview only warns of what is missing: a stack that was never deployed needs none of it to be previewed.
 * @param namespace the stack's namespace
 * @throws pulumi.RunError with everything that is missing, in an update
 */
export async function preflight(
  settings: Settings,
  kubeconfig: Kubeconfig,
  record: DeploymentRecord,
  namespace: string,
): Promise<void> {
  const { context, adopt } = settings;
  const unusable =
    contextMistake(context, kubeconfig) ??
    contextChangeMistake(context, record, kubeconfig.servers);
  const mistakes = [
    unusable,
    !unusable &&
      !record.hasNamespace &&
      (await namespaceMistake(namespace, adopt, context, kubeconfig)),
    databaseMistake(settings),
    imagesToBuild(settings).length > 0 &&
      (await registryMistake(settings.registry)),
  ].filter((mistake) => typeof mistake === "string");
  if (mistakes.length === 0) return;
  const text = mistakes.map((mistake) => `  - ${mistake}\n`).join("");
  if (!pulumi.runtime.isDryRun())
    throw new pulumi.RunError(
      `Stack ${pulumi.getStack()} can't be deployed from here, so nothing was built or changed:\n${text}`,
    );
  await pulumi.log.warn(
    `This preview is made without these, and \`pulumi up\` will stop at them:\n${text}`,
  );
}

/** Why a context can't be used, if so. */
export function contextMistake(
  context: string,
  { files, servers }: Kubeconfig,
): string | undefined {
  if (servers.has(context)) return undefined;
  const known =
    servers.size > 0
      ? `it has ${[...servers.keys()].join(", ")}`
      : "it has no contexts";
  return `marquee:context is "${context}", which is not in the kubeconfig (${files.join(", ")}: ${known}). Set the key to one of its contexts, or KUBECONFIG to a file that has this one.`;
}

/** Why a database that runs elsewhere can't be used, if so: its administrator is somebody already. */
export function databaseMistake({
  database,
  secrets,
}: Settings): string | undefined {
  const { owner, name } = databaseSecret;
  if (!("externalName" in database) || secrets[owner]?.[name]) return undefined;
  const key = `marquee:secrets.${owner}.${name}`;
  return `${key} is missing: the database runs elsewhere (marquee:database.externalName), and there the services' roles and databases are made with the password of ${database.user}. Set it with \`pulumi config set --secret --path '${key}'\`.`;
}

/** What a connection fails with when nobody is there. Anything else (a certificate, plain HTTP) is Docker's to judge, which has a configuration of its own. */
const unreachable = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Why a registry can't be used, if so: it must answer at /v2/, as registries do, be it with a request to log in. */
export async function registryMistake(
  registry: string,
): Promise<string | undefined> {
  const host = registry.split("/")[0] as string;
  if (isBehindProxy(host)) return undefined;
  const url = `${registryServer(host).origin}/v2/`;
  try {
    const { status } = await fetch(url, {
      signal: AbortSignal.timeout(patience),
    });
    if (status === 200 || status === 401) return undefined;
    return `marquee:registry is "${registry}", but ${url} answers ${status}, as no registry does. Set the key to a registry's host.`;
  } catch (error) {
    const { name, cause } = error as Error & {
      cause?: NodeJS.ErrnoException;
    };
    // A host with several addresses fails with a code alone.
    if (cause?.code && !unreachable.has(cause.code)) return undefined;
    const reason =
      name === "TimeoutError"
        ? `no answer in ${patience / 1000} s`
        : cause?.message || cause?.code || name;
    return `marquee:registry is "${registry}", which does not answer (${url}: ${reason}). Start it, or set the key to one that runs.`;
  }
}
