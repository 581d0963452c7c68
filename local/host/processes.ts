import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Process } from "./process.ts";
import { identityFromPs, processesFromPs } from "./ps.ts";

/** Only Linux has /proc. It exists in every container, unlike `ps`. */
const hasProc = existsSync("/proc/self/stat");

/** The processes of this machine, without zombies. */
export const processes = (): Process[] =>
  hasProc ? processesFromProc() : processesFromPs();

function processesFromProc(): Process[] {
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
        return []; // the process has ended meanwhile
      }
    });
}

/**
 * Identifies a process by id and start time, because the system reuses ids.
 * @returns undefined if no process with this id runs
 */
export const identityOf = (pid: number): string | undefined =>
  hasProc ? identityFromProc(pid) : identityFromPs(pid);

function identityFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Skip the program's name, which may contain any character (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTime] = [fields[0], fields[19]];
    return state === "Z" ? undefined : `${pid}-${startTime}`;
  } catch {
    return undefined;
  }
}

/** Whether the process with this identity still runs. */
export function isRunning(identity: string): boolean {
  const pid = Number.parseInt(identity, 10);
  return pid > 0 && identityOf(pid) === identity;
}

/** Sends SIGTERM to a process. */
export function terminate(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // The process has ended meanwhile.
  }
}
