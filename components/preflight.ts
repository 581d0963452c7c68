import * as pulumi from "@pulumi/pulumi";
import { imagesToBuild } from "../config/images.ts";
import { databaseSecret } from "../config/secrets.ts";
import type { Settings } from "../config/settings.ts";
import type { DeploymentRecord } from "./deployment-record.ts";
import { isBehindProxy, registryServer } from "./images/registry-server.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { contextChangeIssue, namespaceIssue } from "./stack-namespace.ts";

/** How long a registry may take to answer. */
const registryTimeoutMs = 5_000;

/**
 * Checks, before anything is built or changed, that the context exists and is the one that the stack was deployed to,
 * that the namespace belongs to this stack or is free, that an external database has a password, and, if images are to
 * be pushed, that the registry answers. A preview only warns: it works for a stack that was never deployed.
 * @param namespace the stack's namespace
 * @throws pulumi.RunError with every issue, in an update
 */
export async function preflight(
  settings: Settings,
  kubeconfig: Kubeconfig,
  record: DeploymentRecord,
  namespace: string,
): Promise<void> {
  const { context, adopt } = settings;
  const unusableContext =
    contextIssue(context, kubeconfig) ??
    contextChangeIssue(context, record, kubeconfig.servers);
  const issues = [
    unusableContext,
    !unusableContext &&
      !record.hasNamespace &&
      (await namespaceIssue(namespace, adopt, context, kubeconfig)),
    databaseIssue(settings),
    imagesToBuild(settings).length > 0 &&
      (await registryIssue(settings.registry)),
  ].filter((issue) => typeof issue === "string");
  if (issues.length === 0) return;
  const text = issues.map((issue) => `  - ${issue}\n`).join("");
  if (!pulumi.runtime.isDryRun())
    throw new pulumi.RunError(
      `Stack ${pulumi.getStack()} can't be deployed from here, so nothing was built or changed:\n${text}`,
    );
  await pulumi.log.warn(
    `This preview ignores these issues, and \`pulumi up\` will fail with them:\n${text}`,
  );
}

/** The issue of a context that the kubeconfig does not have. */
export function contextIssue(
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

/** The issue of an external database without its administrator's password. */
export function databaseIssue({
  database,
  secrets,
}: Settings): string | undefined {
  const { owner, name } = databaseSecret;
  if (!("externalName" in database) || secrets[owner]?.[name]) return undefined;
  const key = `marquee:secrets.${owner}.${name}`;
  return `${key} is missing: the database runs elsewhere (marquee:database.externalName), and creating the services' roles and databases there takes the password of ${database.user}. Set it with \`pulumi config set --secret --path '${key}'\`.`;
}

/**
 * The error codes of a host that does not answer. With any other error (a certificate, plain HTTP), the registry may
 * still work for Docker, which has a configuration of its own.
 */
const unreachableCodes = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The issue of a registry that does not answer at /v2/ as registries do, be it with a request to log in. */
export async function registryIssue(
  registry: string,
): Promise<string | undefined> {
  const host = registry.split("/")[0] as string;
  // Docker has its own proxy settings, so behind an HTTPS proxy the registry can't be checked.
  if (isBehindProxy(host)) return undefined;
  const url = `${registryServer(host).origin}/v2/`;
  try {
    const { status } = await fetch(url, {
      signal: AbortSignal.timeout(registryTimeoutMs),
    });
    if (status === 200 || status === 401) return undefined;
    return `marquee:registry is "${registry}", but ${url} answers ${status}, so it is not a registry. Set the key to a registry's host.`;
  } catch (error) {
    const { name, cause } = error as Error & {
      cause?: NodeJS.ErrnoException;
    };
    // For a host with several addresses, the error has a code and no message.
    if (cause?.code && !unreachableCodes.has(cause.code)) return undefined;
    const reason =
      name === "TimeoutError"
        ? `no answer in ${registryTimeoutMs / 1000} s`
        : cause?.message || cause?.code || name;
    return `marquee:registry is "${registry}", which does not answer (${url}: ${reason}). Start it, or set the key to one that runs.`;
  }
}
