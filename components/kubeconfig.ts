import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

/** The parts of a kubeconfig that this program needs. */
export interface Kubeconfig {
  /** The files it was read from: those in KUBECONFIG, or kubectl's default. */
  files: string[];
  /** The address of the API server, by context. */
  servers: Map<string, string | undefined>;
}

/**
 * Reads the same kubeconfig as kubectl: the files in KUBECONFIG, else ~/.kube/config. The first file to name a context
 * wins.
 * @throws pulumi.RunError if one of them is not a YAML file
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

/**
 * The API server's standard port. If the kubeconfig has another port of this machine (kind, k3d, minikube), Docker
 * forwards only that port, and node ports are unreachable.
 */
const apiServerPort = "6443";

/**
 * The host of node ports, if the kubeconfig has it: on local and single-node clusters, the API server's address. A
 * cloud's API server has a DNS name and no node ports; there, any node's address works.
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
