import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { processes } from "../host/processes.ts";

/**
 * Removes the locks of stack dev whose pulumi was killed. A lock from another machine stays: its process can't be
 * looked up here.
 * @returns whether there were any
 */
export function removeStaleLocks(
  backend: string,
  machine = { hostname: hostname(), processes: processes() },
): boolean {
  const folder = join(backend, ".pulumi/locks/organization/marquee/dev");
  // Beside each lock is a file of its attributes.
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const pulumis = new Set(
    machine.processes
      .filter(({ command }) => command.includes("pulumi"))
      .map(({ pid }) => pid),
  );
  const stale = files
    .filter((file) => file.endsWith(".json"))
    .filter((lock) => {
      const owner = JSON.parse(readFileSync(join(folder, lock), "utf8"));
      return owner.hostname === machine.hostname && !pulumis.has(owner.pid);
    });
  for (const file of files)
    if (stale.some((lock) => file.startsWith(lock))) rmSync(join(folder, file));
  return stale.length > 0;
}
