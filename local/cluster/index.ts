import { existsSync, rmSync } from "node:fs";
import { run } from "../host/command.ts";
import { say, step } from "../progress.ts";
import { setStacksAside } from "../pulumi/stacks.ts";
import { UserError } from "../user-error.ts";
import { network, registry } from "./addresses.ts";
import {
  type Container,
  type DockerObjects,
  inspectObjects,
} from "./docker-objects.ts";
import { kubeconfig, writeKubeconfig } from "./kubeconfig.ts";
import { removeCgroups } from "./node/cgroups.ts";
import { dataFolder } from "./node/configuration.ts";
import {
  connectNetwork,
  container,
  createContainer,
  createNetwork,
  createVolume,
  startContainer,
  writeConfiguration,
} from "./node/container.ts";
import { nodeImage } from "./node/image.ts";
import {
  type Answer,
  announcedReady,
  askNode,
  saysExpired,
  stallLimitMs,
  waitUntilReady,
} from "./node/readiness.ts";
import { isOwnNetwork, nodeConfiguration, requireOwn } from "./ownership.ts";
import { type Action, planStart } from "./plan.ts";
import { doneBeforeStall } from "./stall.ts";

const actions: Record<Action, () => unknown> = {
  "set stacks aside": () => {
    const aside = setStacksAside();
    if (aside)
      say(`  kept: the Pulumi state of an earlier local cluster, in ${aside}`);
  },
  "create volume": createVolume,
  "create network": createNetwork,
  "write configuration": () => writeConfiguration({ overwrite: true }),
  "write missing configuration": () => writeConfiguration({ overwrite: false }),
  "create container": createContainer,
  "connect network": connectNetwork,
  unpause: () => run("docker", ["unpause", container]),
  start: () => startContainer(),
  restart: () => {
    say("  the cluster's certificates have expired: restarting it renews them");
    return startContainer("restart");
  },
};

/**
 * Starts the local cluster unless it runs. Nothing is removed: an interrupted start continues, and a cluster that does
 * not become ready stays as it is.
 * @param seed pushes the images that the registry lacks; called when the registry answers, seconds before Kubernetes
 * does
 */
export async function ensureCluster(
  seed: () => Promise<void> = async () => {},
): Promise<void> {
  const objects = await inspectObjects();
  requireOwn(objects, "up");
  const { admin, failure } = await askIfStarted(objects.container);
  if (admin !== undefined) {
    writeKubeconfig(admin);
    if (!existsSync(nodeConfiguration))
      await writeConfiguration({ overwrite: false });
    await seed();
  } else
    await step("local cluster (registry and Kubernetes)", (report) =>
      start(objects, saysExpired(failure), seed, report),
    );
  if (objects.container) sayIfOutdated(objects.container);
}

/** Asks a running node, unless its first start is in progress: until then there is no kubeconfig. */
async function askIfStarted(node?: Container): Promise<Answer> {
  if (node?.status !== "running") return { failure: "" };
  if (!existsSync(kubeconfig) && !(await announcedReady(node)))
    return { failure: "" };
  return askNode();
}

async function start(
  objects: DockerObjects,
  certificatesExpired: boolean,
  seed: () => Promise<void>,
  report: (status: string) => void,
): Promise<void> {
  requireSubnet(objects);
  for (const action of planStart(objects, certificatesExpired))
    await actions[action]();
  let status = "";
  const [admin, answered] = await Promise.all([
    waitUntilReady((line) => {
      status = line;
      report(line);
    }),
    doneBeforeStall(
      async () => ({ done: await registryAnswers(), progress: status }),
      stallLimitMs,
    ).then(async (answers) => {
      if (answers) await seed();
      return answers;
    }),
  ]);
  writeKubeconfig(admin);
  if (!answered)
    throw new UserError(
      `The local cluster is ready, but its registry does not answer at http://${registry}/v2/. The registry's log: \`docker exec ${container} tail ${dataFolder}/logs/registry.log\``,
    );
}

function requireSubnet({ network: existing }: DockerObjects): void {
  if (!existing || existing.subnets.includes(network.subnet)) return;
  throw new UserError(
    `The local cluster needs a Docker network \`${network.name}\` with the addresses ${network.subnet}, and there is one with ${existing.subnets.join(", ") || "none"}. ` +
      `Remove it: \`docker network rm ${network.name}\`.`,
  );
}

const registryAnswers = () =>
  fetch(`http://${registry}/v2/`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** An outdated cluster is reported, not replaced: it may hold data. */
function sayIfOutdated({ image }: Container): void {
  if (image !== nodeImage)
    say(
      `  the running cluster was created by another version (${image}); \`npm run down && npm run up\` replaces it and deletes everything in it`,
    );
}

/**
 * Removes the container, volume, network and cgroups with everything in them. The container is killed, because an API
 * server with open watches would take a minute to exit.
 */
export async function removeCluster(objects: DockerObjects): Promise<void> {
  if (objects.container)
    await run("docker", ["rm", "--force", "--volumes", container]);
  if (objects.volume) await run("docker", ["volume", "rm", container]);
  if (isOwnNetwork(objects))
    await run("docker", ["network", "rm", network.name]);
  await removeCgroups(objects);
  rmSync(kubeconfig, { force: true });
  rmSync(nodeConfiguration, { recursive: true, force: true });
}
