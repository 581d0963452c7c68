import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import {
  LogFollower,
  type Line as LogLine,
} from "../../services/log-shipper/log-follower.ts";
import type { Position } from "../../services/log-shipper/position.ts";
import { type Line, start } from "./program.ts";
import { until } from "./until.ts";

/** The pod's metadata, which the log shipper of these tests adds to each line. */
export const kubernetes = {
  namespace_name: "marquee-test",
  pod_name: "auth-1",
  host: "node-1",
  container_name: "auth",
};

/** Milliseconds in which a log shipper that polls every 20 ms finds new lines. */
export const aWhile = 150;

/** Starts a log shipper that follows this log. */
export async function startLogShipper(log: string, options: object = {}) {
  const program = await start("tests/support/programs/log-shipper.ts", {
    log,
    times: { pollMs: 20 },
    ...options,
  });
  /** The lines shipped to standard output, without the pod's metadata. */
  const shipped = (): Line[] =>
    program.lines
      .filter((line) => "kubernetes" in line)
      .map(({ kubernetes: _kubernetes, ...line }) => line);
  return {
    ...program,
    shipped,
    /** Waits until this many lines are shipped, and returns them. */
    async untilShipped(lines: number): Promise<Line[]> {
      await until(() => shipped().length >= lines);
      return shipped();
    },
    /** The current value of a metric. */
    async metric(name: string): Promise<number> {
      const text = await (await fetch(`${program.url}/metrics`)).text();
      const value = new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1];
      assert.ok(value, `no ${name} in:\n${text}`);
      return Number(value);
    },
    kill: () => process.kill(program.pid, "SIGKILL"),
  };
}

/** Log lines numbered from `from` up to, but not including, `to`. */
export const numbered = (from: number, to: number, more = ""): string =>
  Array.from(
    { length: to - from },
    (_, i) => `{"n":${from + i}${more && `,"more":"${more}"`}}\n`,
  ).join("");

/** Asserts that the lines are those of `numbered(from, to)`, each once and in order. */
export function isNumbered(lines: Line[], from: number, to: number) {
  const wrong = lines.findIndex(({ n }, i) => n !== from + i);
  if (wrong >= 0)
    assert.fail(
      `The line at ${wrong} is ${JSON.stringify(lines[wrong])} after ${JSON.stringify(lines[wrong - 1])}.`,
    );
  assert.equal(lines.length, to - from);
}

/** Rotates a log like its writer: renames it, and starts a new one. */
export function rotate(log: string, content = "") {
  renameSync(log, `${log}.1`);
  writeFileSync(log, content);
}

/** Follows a log from a position without shipping its lines. */
export function follow(log: string, start?: Position) {
  const lost: number[] = [];
  const follower = new LogFollower(log, start, (bytes) => lost.push(bytes));
  /** Reads until no lines are left. */
  const read = (final = false) => {
    const all: LogLine[] = [];
    for (let i = 0; i < 1_000; i++) {
      const lines = follower.read(final);
      if (!lines) return all;
      all.push(...lines);
    }
    assert.fail("The follower keeps returning lines.");
  };
  const texts = (final = false) => read(final).map(({ text }) => text);
  return { follower, lost, read, texts };
}
