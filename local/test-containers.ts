import { execFileSync } from "node:child_process";
import { existsSync, readlinkSync } from "node:fs";
import { run, succeeds } from "./host.ts";
import { identityOf, isRunning } from "./processes.ts";

/** On every container and volume that tests make: the process of the tests. */
const label = "marquee.test";

/** The kernel's name of the space that process ids here belong to; in a container it is another one. */
const namespace = existsSync("/proc/self/ns/pid")
  ? readlinkSync("/proc/self/ns/pid")
  : "";

const owner = `${namespace}/${identityOf(process.pid)}`;

/** Docker's options for a container or volume of this process. */
export const testLabel = ["--label", `${label}=${owner}`];

const kinds = [
  {
    list: ["ps", "--all"],
    id: ".ID",
    remove: ["rm", "--force", "--volumes"],
  },
  { list: ["volume", "ls"], id: ".Name", remove: ["volume", "rm"] },
];

/** Removes this process's containers and volumes. Synchronous, for the event "exit". */
export function removeOwnTestContainers(): void {
  for (const { list, id, remove } of kinds)
    try {
      const ids = execFileSync(
        "docker",
        [
          ...[...list, "--filter", `label=${label}=${owner}`],
          ...["--format", `{{${id}}}`],
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
      );
      if (ids !== "")
        execFileSync("docker", [...remove, ...ids.trim().split("\n")], {
          stdio: "ignore",
        });
    } catch {
      // The next run removes them.
    }
}

/**
 * Removes the containers and volumes of tests that were killed. Those of processes that still run stay, and so do those of
 * another process namespace, because that can't be told of them.
 */
export async function removeAbandonedTestContainers(): Promise<void> {
  for (const { list, id, remove } of kinds) {
    const lines = await run("docker", [
      ...[...list, "--filter", `label=${label}`],
      ...["--format", `{{${id}}} {{.Label "${label}"}}`],
    ]);
    const abandoned = lines.split("\n").flatMap((line) => {
      const [id = "", space, identity = ""] = line.split(/[ /]/);
      return space === namespace && !isRunning(identity) ? [id] : [];
    });
    // Fails for those that another process removes at the same time.
    if (abandoned.length > 0)
      await succeeds("docker", [...remove, ...abandoned]);
  }
}
