import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { state } from "../environment.ts";
import { context, host } from "./addresses.ts";

export const kubeconfig = join(state, "kubeconfig");

/**
 * Returns the kubeconfig for this machine, with the published address and the context name that stack configs use.
 * @param admin the node's own administrator kubeconfig
 */
function toKubeconfig(admin: string): string {
  const { clusters, users } = parse(admin);
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    clusters: [
      {
        name: context,
        cluster: { ...clusters[0].cluster, server: `https://${host}:6443` },
      },
    ],
    users: [{ name: context, user: users[0].user }],
    contexts: [
      // The namespace of stack dev, so that `kubectl get pods` shows its pods.
      {
        name: context,
        context: { cluster: context, user: context, namespace: "marquee-dev" },
      },
    ],
  });
}

/** Writes the kubeconfig unless it is up to date: another cluster or new certificates make it outdated. */
export function writeKubeconfig(admin: string, file = kubeconfig): void {
  const content = toKubeconfig(admin);
  if (existsSync(file) && readFileSync(file, "utf8") === content) return;
  writeFileSync(file, content, { mode: 0o600 });
}
