import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { processes } from "../host/processes.ts";

/**
 * Removes stack dev's locks of killed pulumi processes. Locks from other machines stay, because their processes can't
 * be checked here.
 * @returns whether any lock was removed
 */
export function removeStaleLocks(
  backend: string,
  machine = { hostname: hostname(), processes: processes() },
): boolean {
  const folder = join(backend, ".pulumi/locks/organization/marquee/dev");
  // Each lock has a file of attributes beside it.
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
