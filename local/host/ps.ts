import { spawnSync } from "node:child_process";
import { UserError } from "../user-error.ts";
import type { Process } from "./process.ts";

/** Runs `ps` and returns its output, which is empty if no process matches. */
export type Ps = (args: string[]) => string;

const ps: Ps = (args) => {
  const { error, status, stdout, stderr } = spawnSync("ps", args, {
    encoding: "utf8",
    // A start time must read the same in every shell.
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
  });
  // 1: no process matches. Any other failure must not look like that.
  if (error || (status !== 0 && (status !== 1 || stderr !== "")))
    throw new UserError(
      `\`ps ${args.join(" ")}\` failed, so running processes are unknown: ${error?.message ?? stderr}`,
    );
  return stdout;
};

/** The processes of a system without /proc, such as macOS, without zombies. */
export const processesFromPs = (run = ps): Process[] =>
  run(["-axww", "-o", "pid=,ppid=,stat=,command="])
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, state, command] =
        line.match(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*?)\s*$/) ?? [];
      return command === undefined || state?.startsWith("Z")
        ? []
        : [{ pid: Number(pid), parent: Number(parent), command }];
    });

/** Identifies a process by id and start time. */
export function identityFromPs(pid: number, run = ps): string | undefined {
  const [, state, start] =
    run(["-o", "stat=,lstart=", "-p", `${pid}`]).match(
      /^\s*(\S+)\s+(\S.*\S)\s*$/,
    ) ?? [];
  return start === undefined || state?.startsWith("Z")
    ? undefined
    : `${pid}-${start.replaceAll(/\s+/g, "-")}`;
}
