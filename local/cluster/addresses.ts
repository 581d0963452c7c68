import { instance, name } from "../environment.ts";

export { localContext as context } from "../../config/local-cluster.ts";

/** Where this environment listens on this machine: 127.0.0.1, or 127.0.0.2 … for MARQUEE_LOCAL 1 …. */
export const host = `127.0.0.${instance + 1}`;

/** The registry as image references name it: on this machine and inside the node the same words reach it. */
export const registry = instance === 0 ? "localhost:5001" : `${host}:5001`;

/** The node's network on Docker: the node itself, and the addresses that Services of type LoadBalancer get. */
export const network = {
  name,
  subnet: `172.30.${instance}.0/24`,
  node: `172.30.${instance}.2`,
  loadBalancers: `172.30.${instance}.96/27`,
} as const;

/** Pods and Services live inside the node's own network namespace, so that every environment may use the same. */
export const pods = "10.244.0.0/16";
export const services = "10.96.0.0/16";

/** All of them are published on `host` beforehand, which is why there are few (Kubernetes' own range has 2768). */
export const nodePorts = "30000-30031";

/** The kubelet's own branch of the cgroup tree: two kubelets that share one end each other's pods. */
export const cgroup = name;
