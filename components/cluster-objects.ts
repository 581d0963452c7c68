import { existsSync } from "node:fs";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Kubeconfig } from "./preflight.ts";

/** How long the API server may take to answer, in milliseconds. */
const timeoutMs = 10_000;

/** The parts of a Namespace that tell whose it is. */
export interface ExistingNamespace {
  uid: string;
  annotations: Record<string, string>;
}

/** A Secret as it is in the cluster. */
export interface ExistingSecret {
  name: string;
  createdAt: Date;
  /** Decoded. */
  data: Record<string, string>;
}

/**
 * Reads objects before Pulumi touches the cluster. Pulumi itself can't: reading an object that doesn't exist fails the
 * update, and creating one that exists takes it over (server-side apply).
 */
export interface ClusterObjects {
  /** @returns undefined if there is no such namespace, or this user may not see it */
  namespace(name: string): Promise<ExistingNamespace | undefined>;
  secrets(namespace: string): Promise<ExistingSecret[]>;
}

/** @throws Error if the context can't be used; each read throws one if the cluster doesn't answer */
export async function readCluster(
  context: string,
  { files }: Pick<Kubeconfig, "files">,
): Promise<ClusterObjects> {
  // Loaded here: it takes a third of a second, which only a first deployment pays.
  const kubernetes = await import("@kubernetes/client-node");
  const config = mergeFiles(
    files.filter((file) => existsSync(file)),
    context,
    kubernetes.KubeConfig,
  );
  const { server } = config.getCurrentCluster() ?? {};
  if (!server) throw new Error(`context ${context} names no cluster`);
  const api = new kubernetes.CoreV1Api(
    kubernetes.createConfiguration({
      baseServer: new kubernetes.ServerConfiguration(server, {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          async pre(request) {
            request.setSignal(AbortSignal.timeout(timeoutMs));
            return request;
          },
          async post(response) {
            return response;
          },
        },
      ],
    }),
  );
  return {
    async namespace(name) {
      const found = await api.readNamespace({ name }).catch((error) => {
        // 403: whoever may not read namespaces may not create one either, and the update says so.
        if ([403, 404].includes(error.code)) return undefined;
        throw unanswered(error);
      });
      return (
        found && {
          uid: found.metadata?.uid ?? "",
          annotations: found.metadata?.annotations ?? {},
        }
      );
    },
    async secrets(namespace) {
      const { items } = await api
        .listNamespacedSecret({ namespace })
        .catch((error) => {
          throw unanswered(error);
        });
      return items.map(({ metadata, data = {} }) => ({
        name: metadata?.name ?? "",
        createdAt: new Date(metadata?.creationTimestamp ?? 0),
        data: Object.fromEntries(
          Object.entries(data).map(([key, value]) => [
            key,
            Buffer.from(value, "base64").toString(),
          ]),
        ),
      }));
    },
  };
}

/** The reason alone: the library's own message is the whole HTTP response, or has the reason as its cause. */
function unanswered(error: Error & { code?: unknown; body?: unknown }): Error {
  if (error.name === "TimeoutError")
    return new Error(`no answer in ${timeoutMs / 1000} s`);
  if (error.body !== undefined)
    return new Error(`its API server answers ${error.code}`);
  return error.cause instanceof Error ? unanswered(error.cause) : error;
}

/** Merges files as kubectl does: the first to name something wins. The library's own merge fails on a duplicate name. */
function mergeFiles(
  files: string[],
  context: string,
  Config: typeof KubeConfig,
): KubeConfig {
  const configs = files.map((file) => {
    const config = new Config();
    config.loadFromFile(file);
    return config;
  });
  const merged = new Config();
  merged.loadFromOptions({
    // Plain HTTP, of `kubectl proxy`: kubectl takes it as it is, and the library only without verification.
    clusters: configs
      .flatMap(({ clusters }) => clusters)
      .map((cluster) => ({
        ...cluster,
        skipTLSVerify:
          cluster.skipTLSVerify || cluster.server.startsWith("http:"),
      })),
    users: configs.flatMap(({ users }) => users),
    contexts: configs.flatMap(({ contexts }) => contexts),
    currentContext: context,
  });
  return merged;
}
