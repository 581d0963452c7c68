import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { logs, project } from "../environment.ts";
import { UserError } from "../user-error.ts";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to the program's standard input. */
  input?: string | NodeJS.ReadableStream;
  /** The name of a log file in `logs`, without extension. It receives the program's output; errors mention its path. */
  log?: string;
  /** Called with each line of output, to show progress. */
  onLine?: (line: string) => void;
  /** Kills the program after this time; `run` then rejects with a CommandTimeoutError. */
  timeoutMs?: number;
}

/** A program failed. `output` has the last lines of its output. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly output: string;
  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}

/** A program was killed because it exceeded its timeout. */
export class CommandTimeoutError extends CommandError {}

const running = new Set<ChildProcess>();

/**
 * Terminates all programs that `run` started, so that they don't continue after another part of the work has failed.
 */
export function terminateCommands(): void {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Runs a program and returns its standard output without trailing white space. Rejects with a CommandError if it fails.
 */
export function run(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let log: NodeJS.WritableStream | undefined;
    if (options.log) {
      mkdirSync(logs, { recursive: true });
      log = createWriteStream(join(logs, `${options.log}.log`), { flags: "a" });
      log.write(`$ ${command} ${args.join(" ")}\n`);
    }
    const child = spawn(command, args, {
      cwd: options.cwd ?? project,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    running.add(child);
    let stdout = "";
    const tail: string[] = [];
    const keep = (line: string) => {
      tail.push(line);
      if (tail.length > 40) tail.shift();
    };
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      log?.write(chunk);
    });
    if (options.onLine && child.stdout)
      createInterface({ input: child.stdout }).on("line", options.onLine);
    createInterface({ input: child.stderr ?? new PassThrough() }).on(
      "line",
      (line) => {
        keep(line);
        log?.write(`${line}\n`);
        options.onLine?.(line);
      },
    );
    let timedOut = false;
    const timeout =
      options.timeoutMs &&
      setTimeout(() => {
        timedOut = true;
        child.kill("SIGKILL");
        // The program's child processes may keep them open.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, options.timeoutMs);
    if (typeof options.input === "string") child.stdin?.end(options.input);
    else if (options.input && child.stdin) options.input.pipe(child.stdin);
    child.stdin?.on("error", () => {}); // the program may exit without reading all input
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ENOENT"
          ? new UserError(`${command} is not installed, or not on the PATH.`)
          : error,
      ),
    );
    child.on("close", (code, signal) => {
      running.delete(child);
      clearTimeout(timeout);
      log?.end();
      if (code === 0) return resolve(stdout.trimEnd());
      const output = [...stdout.trimEnd().split("\n").slice(-20), ...tail].join(
        "\n",
      );
      const end = timedOut
        ? `did not end within ${Number(options.timeoutMs) / 1000} s`
        : `ended with ${signal ?? `code ${code}`}`;
      reject(
        new (timedOut ? CommandTimeoutError : CommandError)(
          `${command} ${args.join(" ")} ${end}` +
            `${options.log ? ` (all of its output: ${join(logs, `${options.log}.log`)})` : ""}\n${output}`,
          output,
        ),
      );
    });
  });
}

/** Runs a program and returns whether it succeeded. */
export const succeeds = (command: string, args: string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  );

/** Starts a program that outlives this process, with its output in `logs`. Returns its process id. */
export function start(command: string, args: string[], log: string): number {
  mkdirSync(logs, { recursive: true });
  const file = openSync(join(logs, `${log}.log`), "a");
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", file, file],
  });
  child.unref();
  if (child.pid === undefined)
    throw new UserError(`${command} could not be started.`);
  return child.pid;
}
