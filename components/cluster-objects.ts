import { existsSync } from "node:fs";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Kubeconfig } from "./kubeconfig.ts";

/** How long the API server may take to answer. */
const timeoutMs = 10_000;

/** The parts of a Namespace that identify its owner. */
export interface ExistingNamespace {
  uid: string;
  annotations: Record<string, string>;
}

/** A Secret in the cluster. */
interface ExistingSecret {
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
  // Loaded only here: it takes a third of a second, and only first deployments need it.
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
        // 403: a user without permission to read namespaces can't create one either, and the update reports that.
        if ([403, 404].includes(error.code)) return undefined;
        throw readable(error);
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
          throw readable(error);
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

/** An error with the reason alone: the library's message is the whole HTTP response, or has the reason as its cause. */
function readable(error: Error & { code?: unknown; body?: unknown }): Error {
  if (error.name === "TimeoutError")
    return new Error(`no answer in ${timeoutMs / 1000} s`);
  if (error.body !== undefined)
    return new Error(`its API server answers ${error.code}`);
  return error.cause instanceof Error ? readable(error.cause) : error;
}

/** Merges files like kubectl: the first to name an entry wins. The library's own merge fails on a duplicate name. */
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
    // kubectl accepts plain HTTP (`kubectl proxy`); the library only does without verification.
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
