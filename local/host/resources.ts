import { mkdirSync, readFileSync, statfsSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { nodeImage } from "../cluster/node/image.ts";
import type { Engine } from "../docker/engine.ts";
import { imageExists } from "../docker/images.ts";
import { cache, logs, state } from "../environment.ts";
import { debianImage } from "../images/debian.ts";
import { run } from "./command.ts";

/** The work of `up`: compile programs and build images, only build images, or only start the cluster. */
export type Work = "compile" | "build" | "start";

const GiB = 2 ** 30;

/**
 * The resources that the work requires. A first `up` on 2 cores uses, in the engine, 6.6 GiB for Go's downloads and
 * compiled packages, 1.3 GiB for images and 0.6 GiB for the cluster with stack dev, and 0.6 GiB in the cache. The
 * cluster with stack dev has 1 GiB of resident memory, and a build succeeds with 3 GiB.
 */
const required: Record<
  Work,
  { engineDisk: number; cacheDisk: number; memory: number }
> = {
  compile: { engineDisk: 10 * GiB, cacheDisk: GiB, memory: 3 * GiB },
  build: { engineDisk: 4 * GiB, cacheDisk: GiB, memory: 3 * GiB },
  start: { engineDisk: 2 * GiB, cacheDisk: 0.1 * GiB, memory: 1.5 * GiB },
};

/** The node's programs use 19 inotify instances. */
const inotifyInstances = 24;

/** Free resources; undefined if unknown. */
export interface Resources {
  engineDisk?: { bytes: number; freeBytes: number } | undefined;
  cacheDisk: { folder: string; freeBytes: number };
  memoryBytes?: number | undefined;
  /** Free inotify instances, counted up to the required number. */
  inotifyInstances?: number | undefined;
  /** Whether the engine can mount folders of this machine into containers. */
  mounts?: boolean | undefined;
}

/** Returns a message with a remedy for each resource that is short. */
export function shortages(free: Resources, work: Work): string[] {
  const { engineDisk, cacheDisk, memory } = required[work];
  const sentences: string[] = [];
  // The kubelet evicts pods when less than 1 % is free.
  const disk = engineDisk + (free.engineDisk?.bytes ?? 0) / 100;
  if (free.engineDisk && free.engineDisk.freeBytes < disk)
    sentences.push(
      `The Docker engine has ${gib(free.engineDisk.freeBytes)} of free disk space, and ${gib(disk)} are needed. ` +
        "`docker system df` shows what uses the rest. In Docker Desktop and colima, the disk can be enlarged.",
    );
  if (free.cacheDisk.freeBytes < cacheDisk)
    sentences.push(
      `The disk of ${free.cacheDisk.folder} has ${gib(free.cacheDisk.freeBytes)} of free space, and ${gib(cacheDisk)} are needed. ` +
        "Free some space, or set XDG_CACHE_HOME to a folder on another disk.",
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
  if (free.mounts === false)
    sentences.push(
      `Docker can't mount ${state}, which will have the cluster's configuration. Set XDG_STATE_HOME to a folder that the engine can read. ` +
        "It may be unable to read a home directory on a network file system. Docker from snap can't read hidden folders, and an engine on another machine can't read this machine's folders.",
    );
  return sentences;
}

const gib = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

/**
 * Measures free resources here and on the engine's machine, which may be another or a virtual machine.
 * @param engine an engine that answers or will be installed
 */
export async function findShortages(
  engine: Engine,
  work: "build" | "start",
): Promise<string[]> {
  for (const folder of [cache, logs]) mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(cache);
  const cacheDisk = { folder: cache, freeBytes: bavail * bsize };
  const compiles = work === "build" && !(await hasGoCache(engine));
  return shortages(
    { cacheDisk, ...(await measureEngine(engine)) },
    compiles ? "compile" : work,
  );
}

/** Whether the volume with Go's downloads and compiled packages exists. */
const hasGoCache = async ({ state }: Engine) =>
  state === "answers" &&
  (await run("docker", [
    ...["volume", "ls", "--quiet", "--filter", "label=marquee.cache"],
  ])) !== "";

async function measureEngine(
  engine: Engine,
): Promise<Omit<Resources, "cacheDisk">> {
  if (engine.state === "answers") {
    const { memoryBytes, dataFolder } = engine.info;
    return { memoryBytes, ...(await measureDisk(dataFolder)) };
  }
  // The engine will be installed on this machine.
  return { memoryBytes: totalmem(), ...(await measureHere("/var/lib")) };
}

/** Runs the script in a container, or here if the engine has no image for it yet, as on a new Debian machine. */
async function measureDisk(dataFolder: string) {
  for (const image of [debianImage, nodeImage])
    if (await imageExists(image)) return measureIn(image);
  return measureHere(dataFolder);
}

async function measureIn(image: string) {
  const script = ["-s", "/", `${inotifyInstances}`, "/state/logs"];
  const measure = (mounts: string[]) =>
    run(
      "docker",
      [
        ...["run", "--rm", "--interactive", "--network", "none", ...mounts],
        ...["--entrypoint", "sh", image, ...script],
      ],
      { input: readScript() },
    );
  // If Docker can't read the folder, it fails or mounts an empty folder.
  const output = await measure(["--volume", `${state}:/state:ro`]).catch(() =>
    measure([]),
  );
  return { ...parseMeasurements(output), mounts: /^mounted=1$/m.test(output) };
}

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
