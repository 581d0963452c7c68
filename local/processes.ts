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

/** Asks a process to end. */
export function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It ended meanwhile.
  }
}
