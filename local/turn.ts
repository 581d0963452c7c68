import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, eventually } from "./host.ts";
import { processes } from "./processes.ts";
import { say } from "./progress.ts";

/**
 * Does work that one process at a time may do on this machine: all environments and clones share the cache. A process that
 * comes while another is at it waits, an hour at most.
 */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const lock = join(cache, "lock");
  mkdirSync(cache, { recursive: true });
  let told = false;
  await eventually(
    async () => {
      if (take(lock)) return true;
      if (!told) say("  waiting for another `npm run up` on this machine");
      told = true;
      return false;
    },
    3_600_000,
    500,
  );
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Takes the lock, unless a process that lives holds it. */
function take(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: "wx" });
    return true;
  } catch {
    const holder = Number(readFileSync(lock, "utf8"));
    const lives = processes().some(
      ({ pid, command }) => pid === holder && command.includes("local/cli.ts"),
    );
    if (!lives) rmSync(lock, { force: true }); // and is taken at the next turn
    return false;
  }
}
