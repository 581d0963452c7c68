import { existsSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeImages } from "./docker/images.ts";
import { cache, name } from "./environment.ts";
import { run } from "./host/command.ts";
import { runningHolder } from "./host/lock.ts";
import type { Process } from "./host/process.ts";
import { processes } from "./host/processes.ts";
import { UserError } from "./user-error.ts";

/** Caches in Docker, which all environments and clones share. */
const inDocker = { images: "marquee/*", volumeLabel: "marquee.cache" };

/** A container or volume of a local cluster, or a container that runs a cached image. */
export interface DockerUser {
  kind: "container" | "volume";
  name: string;
  image?: string;
  /** The state folder of its cluster, and the user who created it. */
  state?: string;
  user?: string;
}

/** @throws UserError that lists the other environments and processes that use the caches */
export async function requireUnusedCaches(engine: boolean): Promise<void> {
  const inUse = describeUsers(
    engine ? await listDockerUsers() : [],
    lockHolders(),
  );
  if (inUse.length > 0)
    throw new UserError(
      `The caches are in use, so nothing was removed:\n${inUse.map((each) => `  - ${each}\n`).join("")}` +
        "Remove these clusters with their own `npm run down`, and let these processes end. Without --caches, this environment alone is removed.",
    );
}

/** Describes the other environments and the processes that use the caches. */
export function describeUsers(
  users: DockerUser[],
  lockHolders: Process[],
  own = name,
): string[] {
  const others = users.filter(
    (each) =>
      each.name !== own && (each.state || each.image?.startsWith("marquee/")),
  );
  // Most clusters have a container and a volume of the same name.
  const clusters = new Map(
    others.filter(({ state }) => state).map((each) => [each.name, each]),
  );
  return [
    ...[...clusters.values()].map(
      ({ name, user, state }) =>
        `the cluster ${name} of ${user ?? "an unknown user"}, whose state folder is ${state}`,
    ),
    ...others
      .filter(({ state }) => !state)
      .map(({ name, image }) => `the container ${name} of the image ${image}`),
    ...lockHolders.map(({ pid, command }) => `the process ${pid}: ${command}`),
  ];
}

async function listDockerUsers(): Promise<DockerUser[]> {
  const labels = `{{.Label "marquee.state"}}\t{{.Label "marquee.user"}}`;
  const [containers, volumes] = await Promise.all([
    run("docker", [
      ...["ps", "--all"],
      ...["--format", `container\t{{.Names}}\t{{.Image}}\t${labels}`],
    ]),
    run("docker", [
      ...["volume", "ls", "--filter", "label=marquee.state"],
      ...["--format", `volume\t{{.Name}}\t\t${labels}`],
    ]),
  ]);
  return `${containers}\n${volumes}`
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [kind, name, image, state, user] = line.split("\t");
      return { kind, name, image, state, user } as DockerUser;
    });
}

/** Processes that hold a lock in the cache folder. */
function lockHolders(): Process[] {
  const files = existsSync(cache) ? readdirSync(cache) : [];
  const holders = files
    .filter((file) => /(^|\.)lock$/.test(file))
    .map((file) => runningHolder(join(cache, file)));
  return processes().filter(({ pid }) => holders.includes(pid));
}

/** Removes images and volumes, except those that a container uses. */
export async function removeDockerCaches({
  images,
  volumeLabel,
} = inDocker): Promise<void> {
  await removeImages([images]);
  const volumes = await run("docker", [
    ...["volume", "ls", "--quiet"],
    ...["--filter", `label=${volumeLabel}`],
  ]);
  if (volumes !== "")
    await run("docker", ["volume", "rm", ...volumes.split("\n")]);
}

/** The size of Docker's images and volumes. Layers that images share count once. */
export const dockerBytes = async (): Promise<number> =>
  parseUsage(
    await run("docker", [
      ...["system", "df"],
      ...["--format", "{{.Type}}\t{{.Size}}"],
    ]),
  );

const units = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** Adds up the images and volumes in the output of `docker system df`. */
export const parseUsage = (usage: string): number =>
  usage
    .split("\n")
    .map((line) => {
      const [, size, unit] =
        line.match(/^(?:Images|Local Volumes)\t([\d.]+)(B|kB|MB|GB|TB)$/) ?? [];
      return unit ? Number(size) * units[unit as keyof typeof units] : 0;
    })
    .reduce((sum, bytes) => sum + bytes, 0);

/**
 * Empties the cache folder, except for the files to keep.
 * @returns the bytes that were freed
 */
export function removeCacheFolder(keep: string[], folder = cache): number {
  let bytes = 0;
  try {
    for (const file of readdirSync(folder)) {
      if (keep.includes(file)) continue;
      bytes += bytesOf(join(folder, file));
      rmSync(join(folder, file), { recursive: true });
    }
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    throw new UserError(
      `${path} can't be removed (${code}). If another user created it, remove it as that user: \`sudo rm -r '${folder}'\`.`,
    );
  }
  return bytes;
}

function bytesOf(path: string): number {
  const stats = lstatSync(path);
  const files = stats.isDirectory() ? readdirSync(path) : [];
  return files.reduce(
    (sum, file) => sum + bytesOf(join(path, file)),
    stats.blocks * 512,
  );
}
