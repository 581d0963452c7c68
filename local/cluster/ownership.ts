import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { instance, name, state } from "../environment.ts";
import { UserError } from "../user-error.ts";
import { network as addresses } from "./addresses.ts";
import type { DockerObjects, Labels, Mount } from "./docker-objects.ts";
import { kubeconfig } from "./kubeconfig.ts";

const stateLabel = "marquee.state";
const userLabel = "marquee.user";

/** The folder of the node's configuration, mounted into the container. */
export const nodeConfiguration = join(state, "node");

/** Options of `docker … create` that label an object with its owner: this state folder and this user. */
export const ownerLabels = () => [
  ...["--label", `${stateLabel}=${state}`],
  ...["--label", `${userLabel}=${currentUser()}`],
];

function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.()}`; // no entry in /etc/passwd
  }
}

export interface Owner {
  /** The state folder; undefined if unknown. */
  state?: string | undefined;
  user?: string | undefined;
}

/**
 * Returns the owner of the container or volume if that is another state folder. Each home has its own state folder, but
 * all users of a Docker engine share its names.
 * @param own.hadCluster whether this state folder has traces of a cluster
 */
export function foreignOwner(
  { container, volume }: DockerObjects,
  own: { state: string; hadCluster: boolean },
): Owner | undefined {
  const owners = [
    container &&
      (ownerByLabels(container.labels) ?? ownerByMounts(container.mounts)),
    volume &&
      (ownerByLabels(volume.labels) ??
        (container || own.hadCluster ? own : {})),
  ];
  return owners.find((owner) => owner && owner.state !== own.state);
}

const ownerByLabels = (labels: Labels): Owner | undefined =>
  labels?.[stateLabel]
    ? { state: labels[stateLabel], user: labels[userLabel] }
    : undefined;

/** Containers that were created before labels existed mount their configuration from the state folder. */
const ownerByMounts = (mounts: Mount[]): Owner => ({
  state: mounts
    .filter(({ destination }) => destination === "/node/conf")
    .map(({ source }) => dirname(source))[0],
});

/**
 * Whether `down` may remove the network. Another owner's network is shared, since it holds no data, but not removed.
 */
export const isOwnNetwork = ({ network }: DockerObjects): boolean =>
  network?.subnets.includes(addresses.subnet) === true &&
  (ownerByLabels(network.labels)?.state ?? state) === state;

/** @throws UserError if the container or the volume is another owner's */
export function requireOwn(
  objects: DockerObjects,
  command: "up" | "down",
): void {
  const owner = foreignOwner(objects, {
    state,
    hadCluster: existsSync(nodeConfiguration) || existsSync(kubeconfig),
  });
  if (owner) throw new UserError(refusal(owner, command));
}

function refusal(owner: Owner, command: "up" | "down"): string {
  const another = `MARQUEE_LOCAL=${instance === 2 ? 3 : 2} npm run up`;
  const byHand = `docker rm --force ${name}; docker volume rm ${name}; docker network rm ${name}`;
  return [
    owner.state === undefined
      ? `Docker has a container or volume \`${name}\` of an unknown owner: it has no labels, and the state folder ${state} has no cluster. Nothing was changed.`
      : `The local cluster \`${name}\` on this Docker engine belongs to ${owner.user ?? "another user"}: its state folder is ${owner.state}, yours is ${state}. Nothing was changed.`,
    ...(command === "up"
      ? [`  - For a cluster of your own beside it: \`${another}\``]
      : []),
    ...(owner.state === undefined
      ? []
      : [
          "  - To delete it with everything in it, its owner runs `npm run down`.",
        ]),
    `  - If its owner is gone, this deletes it with everything in it: \`${byHand}\``,
  ].join("\n");
}
