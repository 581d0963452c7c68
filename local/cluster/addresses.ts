import { instance, name } from "../environment.ts";

export { localContext as context } from "../../config/local-cluster.ts";

/** This environment's loopback address: 127.0.0.1, or 127.0.0.2 for MARQUEE_LOCAL=1, and so on. */
export const host = `127.0.0.${instance + 1}`;

/** The registry's host in image references. It resolves both on this machine and inside the node. */
export const registry = instance === 0 ? "localhost:5001" : `${host}:5001`;

/** The node's Docker network: its own address, and the range for Services of type LoadBalancer. */
export const network = {
  name,
  subnet: `172.30.${instance}.0/24`,
  node: `172.30.${instance}.2`,
  loadBalancers: `172.30.${instance}.96/27`,
} as const;

/** The ranges of pods and Services. They exist only in the node's network namespace, so environments can share them. */
export const pods = "10.244.0.0/16";
export const services = "10.96.0.0/16";

/** Docker publishes each of them on `host` when the node is created, so there are few (Kubernetes' default is 2768). */
export const nodePorts = "30000-30031";

/** The kubelet's branch of the cgroup tree. Two kubelets that share a branch kill each other's pods. */
export const cgroup = name;
