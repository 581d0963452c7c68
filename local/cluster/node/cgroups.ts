import { imageExists } from "../../docker/images.ts";
import { run } from "../../host/command.ts";
import { debianImage } from "../../images/debian.ts";
import { say } from "../../progress.ts";
import { cgroup } from "../addresses.ts";
import type { DockerObjects } from "../docker-objects.ts";
import { cgroupVersion } from "./container.ts";
import { nodeImage } from "./image.ts";

/**
 * Removes the kubelet's branch of the cgroup tree. On cgroup v1 it is in the machine's own tree, where only root can
 * remove it, so a container does. On v2 it is gone with the node's container.
 * @param objects as they were before the node was removed
 */
export async function removeCgroups({
  container,
}: DockerObjects): Promise<void> {
  if ((await cgroupVersion()) !== 1) return;
  const image = await firstExisting([
    ...(container ? [container.image] : []),
    nodeImage,
    debianImage,
  ]);
  if (!image) return; // no node has run
  const left = await run("docker", [
    ...["run", "--rm", "--network", "none"],
    ...["--security-opt", "apparmor=unconfined"],
    ...["--security-opt", "label=disable"],
    ...["--volume", "/sys/fs/cgroup:/host"],
    ...["--entrypoint", "sh", image, "-c", script(`/host/*/${cgroup}`)],
  ]);
  if (left !== "")
    say(
      `  can't be removed, and stay until the machine restarts: cgroups\n${left.replaceAll("/host/", "/sys/fs/cgroup/")}`,
    );
}

/** Retries, because killed processes may stay in their cgroups for a moment. Prints why cgroups remain. */
const script = (cgroups: string) => `
for attempt in $(seq 50); do
  left=$(find ${cgroups} -depth -type d -exec rmdir {} + 2>&1)
  ls -d ${cgroups} >/dev/null 2>&1 || exit 0
  sleep 0.1
done
echo "$left" | head -n 5`;

async function firstExisting(images: string[]): Promise<string | undefined> {
  for (const image of images) if (await imageExists(image)) return image;
  return undefined;
}
