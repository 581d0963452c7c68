import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cache } from "../environment.ts";
import { eventually } from "../eventually.ts";
import { say } from "../progress.ts";
import { UserError } from "../user-error.ts";
import { identityOf, isRunning } from "./processes.ts";

export interface LockOptions {
  /** The lock's file in the cache. */
  file: string;
  /** Describes the process that holds the lock, for the message of a process that waits. */
  holder: string;
  /** How long to wait for another process, in milliseconds. @default an hour */
  waitMs?: number;
}

/**
 * Runs work under a machine-wide lock, because all environments and clones share the cache. Waits while another process
 * holds the lock.
 * @throws UserError without running the work, if the other process still holds the lock after `waitMs`
 */
export async function withLock<T>(
  { file, holder, waitMs = 3_600_000 }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = join(cache, file);
  let told = false;
  const acquired = await eventually(
    async () => {
      if (acquire(lock)) return true;
      if (!told) say(`  waiting for ${holder} on this machine`);
      told = true;
      return false;
    },
    waitMs,
    500,
  );
  if (!acquired)
    throw new UserError(
      `${lock} is still held by ${holder} (process ${runningHolder(lock)}). Wait until that process ends, or terminate it; then try again.`,
    );
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Acquires the lock, unless a running process holds it. */
function acquire(lock: string): boolean {
  // A hard link appears with its whole content, so no other process reads a partial file.
  const own = `${lock}.${process.pid}`;
  mkdirSync(dirname(lock), { recursive: true }); // `npm run down -- --caches` may have removed it in the meantime
  writeFileSync(own, identityOf(process.pid) ?? "");
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (/^(EPERM|ENOSYS|ENOTSUP|EOPNOTSUPP)$/.test(code))
      throw new UserError(
        `The file system of ${dirname(lock)} has no hard links (${code}). Set XDG_CACHE_HOME to a folder on another file system.`,
      );
    if (code !== "EEXIST") throw error;
    const holder = holderOf(lock);
    if (holder !== undefined && !isRunning(holder))
      rmSync(lock, { force: true }); // the next attempt acquires the lock
    return false;
  } finally {
    rmSync(own);
  }
}

/** Returns the id of the running process that holds a lock, if any. */
export function runningHolder(lock: string): number | undefined {
  const holder = holderOf(lock) ?? "";
  return isRunning(holder) ? Number.parseInt(holder, 10) : undefined;
}

function holderOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return undefined; // it has just been released
  }
}
