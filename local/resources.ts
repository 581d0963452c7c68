import { mkdirSync, readFileSync, statfsSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { nodeImage } from "./cluster/images.ts";
import { canInstall } from "./debian.ts";
import { debianImage } from "./debian-image.ts";
import { imageExists } from "./docker-image.ts";
import type { Engine } from "./engine.ts";
import { cache, run } from "./host.ts";

/** What `up` is about to do: build programs and images and start a cluster, or start a cluster alone. */
export type Work = "build" | "start";

const GiB = 2 ** 30;

/**
 * What the work takes. Measured for a first `up` on 2 cores: Go's downloads and compiled packages 6.6 GiB, images 1.3 GiB,
 * and the cluster with stack dev 0.6 GiB in the engine; toolchain and plugins 0.6 GiB in the cache. The cluster with stack
 * dev has 1 GiB resident, and the build ends within 3 GiB.
 */
const required: Record<
  Work,
  { engineDisk: number; cacheDisk: number; memory: number }
> = {
  build: { engineDisk: 10 * GiB, cacheDisk: 1 * GiB, memory: 3 * GiB },
  start: { engineDisk: 2 * GiB, cacheDisk: 0.1 * GiB, memory: 1.5 * GiB },
};

/** The node's programs have 19. */
const inotifyInstances = 24;

/** What is free; undefined if unknown. */
export interface Resources {
  engineDisk?: { bytes: number; freeBytes: number } | undefined;
  cacheDisk: { folder: string; freeBytes: number };
  memoryBytes?: number | undefined;
  /** Of inotify, up to the required number. */
  inotifyInstances?: number | undefined;
}

/** Says which resources are short, and what to do. */
export function shortages(free: Resources, work: Work): string[] {
  const { engineDisk, cacheDisk, memory } = required[work];
  const sentences: string[] = [];
  // The kubelet evicts pods when less than 1 % is free.
  const disk = engineDisk + (free.engineDisk?.bytes ?? 0) / 100;
  if (free.engineDisk && free.engineDisk.freeBytes < disk)
    sentences.push(
      `The Docker engine has ${gib(free.engineDisk.freeBytes)} of free disk space, and ${gib(disk)} are needed. ` +
        "`docker system df` shows what takes it; in Docker Desktop or colima, the disk can be larger.",
    );
  if (free.cacheDisk.freeBytes < cacheDisk)
    sentences.push(
      `The disk of ${free.cacheDisk.folder} has ${gib(free.cacheDisk.freeBytes)} of free space, and ${gib(cacheDisk)} are needed. ` +
        "Make room, or set XDG_CACHE_HOME to a folder on another disk.",
    );
  if (free.memoryBytes !== undefined && free.memoryBytes < memory)
    sentences.push(
      `The Docker engine has ${gib(free.memoryBytes)} of memory, and ${gib(memory)} are needed. ` +
        "If it runs in a virtual machine, make that larger: Docker Desktop's Settings → Resources, or `colima start --memory 4`.",
    );
  if ((free.inotifyInstances ?? inotifyInstances) < inotifyInstances)
    sentences.push(
      `The kernel has ${free.inotifyInstances} inotify instances left for root, and Kubernetes needs ${inotifyInstances}. ` +
        "Allow more: `sudo sysctl fs.inotify.max_user_instances=512`.",
    );
  return sentences;
}

const gib = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

/** Measures what is free here and on the engine's machine, which may be another or a virtual one. */
export async function findShortages(
  engine: Engine,
  work: Work,
): Promise<string[]> {
  mkdirSync(cache, { recursive: true });
  const { bavail, bsize } = statfsSync(cache);
  const cacheDisk = { folder: cache, freeBytes: bavail * bsize };
  return shortages({ cacheDisk, ...(await measureEngine(engine)) }, work);
}

async function measureEngine(
  engine: Engine,
): Promise<Omit<Resources, "cacheDisk">> {
  if (engine.state === "answers") {
    const { memoryBytes, dataFolder } = engine.info;
    return { memoryBytes, ...(await measureDisk(dataFolder)) };
  }
  // One that will be installed here.
  return engine.state === "absent" && canInstall()
    ? { memoryBytes: totalmem(), ...(await measureHere("/var/lib")) }
    : {};
}

/** Runs the script in a container of an image that the engine has; as root on Debian, it may have none yet. */
async function measureDisk(dataFolder: string) {
  for (const image of [debianImage, nodeImage])
    if (await imageExists(image)) return measureIn(image);
  return measureHere(dataFolder);
}

const measureIn = async (image: string) =>
  parseMeasurements(
    await run(
      "docker",
      [
        ...["run", "--rm", "--interactive", "--network", "none"],
        ...["--entrypoint", "sh", image, "-s", "/", `${inotifyInstances}`],
      ],
      { input: readScript() },
    ),
  );

export const measureHere = async (folder: string, inotify = inotifyInstances) =>
  parseMeasurements(
    await run("sh", ["-s", folder, `${inotify}`], {
      input: readScript(),
    }),
  );

const readScript = () =>
  readFileSync(join(import.meta.dirname, "measure.sh"), "utf8");

/** Parses the script's output. */
export function parseMeasurements(
  output: string,
): Pick<Resources, "engineDisk" | "inotifyInstances"> {
  const value = (name: string) => {
    const [, number] = output.match(new RegExp(`^${name}=(\\d+)$`, "m")) ?? [];
    return number === undefined ? undefined : Number(number);
  };
  const [total, free] = [value("diskKiB"), value("freeDiskKiB")];
  return {
    engineDisk:
      total === undefined || free === undefined
        ? undefined
        : { bytes: total * 1024, freeBytes: free * 1024 },
    inotifyInstances: value("inotifyInstances"),
  };
}
