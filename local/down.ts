import { existsSync, rmSync } from "node:fs";
import { registry } from "./cluster/addresses.ts";
import { inspectObjects } from "./cluster/docker-objects.ts";
import { removeCluster } from "./cluster/index.ts";
import { nodeConfiguration, requireOwn } from "./cluster/ownership.ts";
import {
  engineAnswers,
  ensureDockerEngine,
  stopDockerEngine,
} from "./docker-engine.ts";
import { removeImages } from "./docker-image.ts";
import { cache, name, state } from "./host.ts";
import { say, step } from "./progress.ts";
import { endOrphanedPlugins } from "./pulumi.ts";
import { backend, forgetStacks } from "./stacks.ts";
import { removeAbandonedTestContainers } from "./test-containers.ts";

/** Takes the local cluster away, and all that it put on this machine but the caches. */
export async function down(): Promise<void> {
  // A cluster on an engine that doesn't run (the machine was restarted) can only be removed by that engine.
  if (existsSync(nodeConfiguration)) await ensureDockerEngine();
  if (await engineAnswers()) {
    const objects = await inspectObjects();
    requireOwn(objects, "down");
    const what = objects.container
      ? "local cluster"
      : "what is left of the local cluster";
    await step(`${what}: removing`, () => removeCluster(objects));
    await removeImages(
      ["marquee-*", "node", "postgres"].map((each) => `${registry}/${each}`),
    );
    await removeAbandonedTestContainers();
  }
  endOrphanedPlugins();
  const elsewhere = existsSync(backend) ? forgetStacks() : [];
  if (elsewhere.length === 0) rmSync(state, { recursive: true, force: true });
  else
    say(
      `  kept: the state of ${elsewhere.join(", ")}, deployed to another cluster (${backend})`,
    );
  await stopDockerEngine();
  say(
    `${name} is gone. What is costly to make is kept: ${cache}, and images marquee/* in Docker; both may be deleted.`,
  );
}
