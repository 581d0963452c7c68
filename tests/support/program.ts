import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { until } from "./until.ts";

export type Line = Record<string, unknown>;

/** A program's exit code and output. */
export interface End {
  code: number | null;
  stdout: string;
  stderr: string;
}

const started = new Set<ChildProcess>();

/** Kills the programs of the calling suite after each test. */
export const stopPrograms = () =>
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    started.clear();
  });

function run(file: string, args: string[], env: Record<string, string>) {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [file, ...args], {
    cwd: join(import.meta.dirname, "../.."),
    env: { PATH, ...env }, // nothing else, so that the machine's variables can't change a test
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.add(child);
  const out = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      out[stream] += text;
    });
  const end: Promise<End> = once(child, "close").then(([code]) => ({
    code: code as number | null,
    ...out,
  }));
  return { child, out, end };
}

/** Runs a program until it exits. */
export const runToEnd = (
  file: string,
  env: Record<string, string> = {},
  ...args: string[]
): Promise<End> => run(file, args, env).end;

/**
 * Starts a server program, and waits until it listens.
 * @param file path in the repository
 * @param options passed to the program as JSON
 */
export async function start(
  file: string,
  options: object = {},
  env: Record<string, string> = {},
) {
  const { child, out, end } = run(file, [JSON.stringify(options)], env);
  const lines: Line[] = [];
  let onData = () => {};
  // Not readline: it also splits at U+2028, which a JSON string, such as a logged path, may contain.
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const texts = (rest + chunk).split("\n");
    rest = texts.pop() ?? "";
    for (const text of texts)
      if (text.startsWith("{")) lines.push(JSON.parse(text) as Line);
    onData();
  });
  /** Waits for a log line with this message and these members. */
  const untilLogged = async (msg: string, where: Line = {}): Promise<Line> => {
    for (;;) {
      const line = lines.find((line) =>
        Object.entries({ msg, ...where }).every(([k, v]) => line[k] === v),
      );
      if (line) return line;
      const ended = await Promise.race([
        new Promise<undefined>((resolve) => {
          onData = () => resolve(undefined);
        }),
        end,
      ]);
      if (ended)
        assert.fail(
          `The program exited without logging "${msg}":\n${out.stdout}${out.stderr}`,
        );
    }
  };
  const { port } = await untilLogged("listening");
  return {
    port: port as number,
    pid: child.pid as number,
    url: `http://127.0.0.1:${port}`,
    lines,
    out,
    untilLogged,
    end,
    /** Waits until the program is ready. */
    ready: () =>
      until(
        async () =>
          (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200,
      ),
    /** Sends the signal, and waits until the program drains. */
    async terminate(signal: "SIGTERM" | "SIGINT" = "SIGTERM") {
      child.kill(signal);
      await untilLogged("draining");
    },
  };
}
