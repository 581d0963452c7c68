import { imageExists } from "../../docker/images.ts";
import { run } from "../../host/command.ts";
import { debianImage } from "../../images/debian.ts";
import { say } from "../../progress.ts";
import { cgroup } from "../addresses.ts";
import type { DockerObjects } from "../docker-objects.ts";
import { cgroupVersion } from "./container.ts";
import { nodeImage } from "./image.ts";

/**
 * Removes the kubelet's branch of the cgroup tree. On cgroup v1 it is the machine's own, where only root may remove it: a
 * container does so for every user. On v2 it ends with the node's container.
 * @param objects those before the node was removed
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
  if (!image) return; // then no node ran
  const left = await run("docker", [
    ...["run", "--rm", "--network", "none"],
    ...["--security-opt", "apparmor=unconfined"],
    ...["--security-opt", "label=disable"],
    ...["--volume", "/sys/fs/cgroup:/host"],
    ...["--entrypoint", "sh", image, "-c", script(`/host/*/${cgroup}`)],
  ]);
  if (left !== "")
    say(
      `  left until the machine restarts: cgroups that can't be removed\n${left.replaceAll("/host/", "/sys/fs/cgroup/")}`,
    );
}

/** Processes that were killed may be in their cgroups for a moment. Prints why cgroups are left. */
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
