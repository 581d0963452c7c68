import { existsSync, rmdirSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  dockerBytes,
  removeCacheFolder,
  removeDockerCaches,
  requireUnusedCaches,
} from "../caches.ts";
import { registry } from "../cluster/addresses.ts";
import { inspectObjects } from "../cluster/docker-objects.ts";
import { removeCluster } from "../cluster/index.ts";
import { nodeConfiguration, requireOwn } from "../cluster/ownership.ts";
import {
  engineRecord,
  ensureDockerEngine,
  stopDockerEngine,
} from "../docker/daemon.ts";
import { describeHost, engineAnswers } from "../docker/engine.ts";
import { removeImages } from "../docker/images.ts";
import { removeAbandonedTestContainers } from "../docker/test-containers.ts";
import { cache, name, state } from "../environment.ts";
import { withLock } from "../host/lock.ts";
import { say, step } from "../progress.ts";
import { terminateOrphanedPlugins } from "../pulumi/plugins.ts";
import { backend, forgetStacks } from "../pulumi/stacks.ts";
import { UserError } from "../user-error.ts";

const usage = `usage: npm run down [-- --caches]

Removes the local cluster with everything in it, and all its files on this machine except caches.

  --caches  also removes the caches of all environments: ${cache},
            and in Docker the images marquee/* and the volume of Go's downloads and compiled packages
`;

/** @throws UserError for unknown options */
export function parseDown(args: string[]): { caches: boolean; help: boolean } {
  try {
    const { caches = false, help = false } = parseArgs({
      args,
      options: { caches: { type: "boolean" }, help: { type: "boolean" } },
    }).values;
    return { caches, help };
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n${usage}`);
  }
}

export async function down(args: string[] = []): Promise<void> {
  const { caches, help } = parseDown(args);
  if (help) return console.log(usage);
  if (caches) return removeEverything();
  await removeEnvironment();
  await stopDockerEngine();
  say(
    `${name} is gone. The caches are kept: ${cache}, and images and volumes in Docker. \`npm run down -- --caches\` also removes them.`,
  );
}

/** Removes the local cluster and all its files on this machine except caches. */
async function removeEnvironment(): Promise<void> {
  // After a restart of the machine, the engine may not run, and only it can remove its cluster.
  if (existsSync(nodeConfiguration)) await ensureDockerEngine();
  if (await engineAnswers()) {
    const objects = await inspectObjects();
    requireOwn(objects, "down");
    await step("removing the local cluster", () => removeCluster(objects));
    await removeImages(
      ["marquee-*", "node", "postgres"].map((each) => `${registry}/${each}`),
    );
    await removeAbandonedTestContainers();
  }
  terminateOrphanedPlugins();
  const elsewhere = existsSync(backend) ? forgetStacks() : [];
  if (elsewhere.length === 0) rmSync(state, { recursive: true, force: true });
  else
    say(
      `  kept: the state of ${elsewhere.join(", ")}, deployed to another cluster (${backend})`,
    );
}

/** Removes the local cluster and the caches of all environments, unless another environment uses them. */
async function removeEverything(): Promise<void> {
  // A stopped engine may have images.
  if ((await describeHost()).dockerCommand) await ensureDockerEngine();
  const engine = await engineAnswers();
  if (engine) {
    requireOwn(await inspectObjects(), "down");
    await removeAbandonedTestContainers();
  }
  await requireUnusedCaches(engine);
  const lock = "lock";
  await withLock({ file: lock, holder: "another `npm run up`" }, async () => {
    const before = engine ? await dockerBytes() : 0;
    await removeEnvironment();
    if (engine)
      await step("removing images and volumes in Docker", () =>
        removeDockerCaches(),
      );
    const docker = engine ? Math.max(0, before - (await dockerBytes())) : 0;
    await stopDockerEngine();
    // If our dockerd still runs, because it has other containers, its record stays.
    const folder = removeCacheFolder([lock, engineRecord]);
    say(
      `${name} and its caches are gone. That freed ${gigabytes(folder + docker)}: ${gigabytes(folder)} in ${cache} and ${gigabytes(docker)} in Docker.`,
    );
  });
  try {
    rmdirSync(cache);
  } catch {
    // It has the record of dockerd, or files of another process that has started since.
  }
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
