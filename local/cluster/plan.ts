import type { DockerObjects } from "./docker-objects.ts";

/** A step of starting the cluster. Each may be interrupted, and none removes anything. */
export type Action =
  | "set stacks aside"
  | "create volume"
  | "create network"
  | "write configuration"
  | "write missing configuration"
  | "create container"
  | "connect network"
  | "unpause"
  | "restart"
  | "start";

/**
 * Returns the steps that start the cluster: what exists is used, what is missing is created.
 * @param certificatesExpired whether a running node's certificates have expired; it renews them when it starts
 */
export function planStart(
  { container, volume, network }: DockerObjects,
  certificatesExpired: boolean,
): Action[] {
  const createNetwork = network ? [] : (["create network"] as const);
  if (!container)
    return [
      ...(volume ? [] : (["set stacks aside", "create volume"] as const)),
      ...createNetwork,
      "write configuration",
      "create container",
      "start",
    ];
  switch (container.status) {
    case "running":
      return certificatesExpired
        ? ["write missing configuration", "restart"]
        : [];
    case "paused":
      return ["unpause"];
  }
  // `docker network prune` removes the networks of stopped containers.
  const lostNetwork =
    container.networkId && container.networkId !== network?.id;
  return [
    ...createNetwork,
    ...(lostNetwork ? (["connect network"] as const) : []),
    "write missing configuration",
    "start",
  ];
}
