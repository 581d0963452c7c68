import { existsSync, readdirSync, readFileSync } from "node:fs";

export interface Process {
  pid: number;
  parent: number;
  /** The command line, its words separated by spaces. */
  command: string;
}

/**
 * The processes that run on this machine; none where that can't be told (Linux alone has /proc). Those that have ended, and
 * that nobody has asked how, don't count.
 */
export function processes(): Process[] {
  if (!existsSync("/proc/self/status")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        if (/^State:\s+Z/m.test(status)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return {
          pid: Number(pid),
          parent: Number(status.match(/^PPid:\s+(\d+)$/m)?.[1]),
          command: command.replaceAll("\0", " ").trim(),
        };
      } catch {
        return []; // it ended meanwhile
      }
    });
}

/**
 * Identifies a process by id and start time, because the system reuses ids. Without /proc, by the id alone.
 * @returns undefined if no process with this id runs
 */
export function identityOf(pid: number): string | undefined {
  try {
    if (!existsSync("/proc/self/stat")) {
      process.kill(pid, 0);
      return `${pid}`;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The fields after the program's name, which may contain anything (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTime] = [fields[0], fields[19]];
    return state === "Z" ? undefined : `${pid}-${startTime}`;
  } catch {
    return undefined;
  }
}

/** Whether the process with this identity still runs. */
export const isRunning = (identity: string): boolean =>
  identityOf(Number.parseInt(identity, 10)) === identity;

/** Asks a process to end. */
export function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It ended meanwhile.
  }
}
