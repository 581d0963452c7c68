import { execFileSync } from "node:child_process";
import { existsSync, readlinkSync } from "node:fs";
import { run, succeeds } from "../host/command.ts";
import { identityOf, isRunning } from "../host/processes.ts";

/** The label of all containers and volumes that tests create. Its value identifies the test process. */
const label = "marquee.test";

/** The PID namespace, because process ids are unique only within one. */
const namespace = existsSync("/proc/self/ns/pid")
  ? readlinkSync("/proc/self/ns/pid")
  : "";

const owner = `${namespace}/${identityOf(process.pid)}`;

/** Options of `docker run` and `docker volume create`. */
export const testLabel = ["--label", `${label}=${owner}`];

const kinds = [
  {
    list: ["ps", "--all"],
    id: ".ID",
    remove: ["rm", "--force", "--volumes"],
  },
  { list: ["volume", "ls"], id: ".Name", remove: ["volume", "rm"] },
];

/** Removes this process's containers and volumes. Synchronous, as required for the event "exit". */
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
 * Removes the containers and volumes of killed test processes. Those of running processes stay, and so do those from
 * other PID namespaces, where this process can't see whether the owner runs.
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
    // Fails if another process removes one of them at the same time.
    if (abandoned.length > 0)
      await succeeds("docker", [...remove, ...abandoned]);
  }
}
