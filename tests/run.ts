import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { announce } from "./announce.ts";
import { type LaneEvent, type LaneReport, printSummary } from "./report.ts";
import { kernelSettings } from "./support/e2e/machine.ts";

/**
 * Runs all tests, or those of the folders of tests/ that the arguments name. Several Mocha processes (lanes) run at the
 * same time, because the end-to-end tests mostly wait. Prints each suite when it ends, and `N passed, N failed` as the
 * last line.
 */

const tests = import.meta.dirname;
const mocha = join(tests, "../node_modules/mocha/bin/mocha.js");

/** Folders that share one process, in this order. */
const folders = [
  ...["config", "components", "packages", "services", "local", "manifests"],
  "docs",
];

interface Lane {
  name: string;
  files: string[];
}

/**
 * The lanes of the end-to-end tests. Folders with the same number run at the same time, in the order of the numbers.
 */
function endToEndStages(): Lane[][] {
  const stages = new Map<string, Lane[]>();
  for (const folder of globSync("e2e/*/", { cwd: tests }).sort()) {
    const lane = { name: folder, files: filesOf(folder) };
    const number = folder.slice("e2e/".length).split("-")[0] as string;
    stages.set(number, [...(stages.get(number) ?? []), lane]);
  }
  return [...stages.values()];
}

const filesOf = (folder: string) =>
  globSync(`${folder}/**/*.test.ts`, { cwd: tests })
    .sort()
    .map((file) => join(tests, file));

const scratch = mkdtempSync(join(tmpdir(), "marquee-tests-"));
process.once("exit", () => rmSync(scratch, { recursive: true }));
const settingsFile = join(scratch, "kernel-settings.json");
writeFileSync(settingsFile, JSON.stringify(kernelSettings()));

const running = new Set<ChildProcess>();

/** Runs a lane's files in a Mocha process of their own. */
async function runLane({ name, files }: Lane): Promise<LaneReport> {
  const child = spawn(process.execPath, [mocha, ...files], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
    env: {
      ...process.env,
      MARQUEE_TEST_LANE: name,
      MARQUEE_KERNEL_SETTINGS: settingsFile,
    },
  });
  running.add(child);
  let report: LaneReport | undefined;
  let rest = "";
  const events = child.stdio[3] as Readable;
  events.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) {
      const event: LaneEvent = JSON.parse(line);
      if ("text" in event) console.log(event.text);
      else report = event;
    }
  });
  const [code, signal] = await once(child, "close");
  running.delete(child);
  if (report && (code === 0 || report.failures > 0)) return report;
  console.log(`${name}: Mocha ended with ${signal ?? `code ${code}`}.`);
  return { passes: 0, failures: 1, pending: 0, parts: {}, slowest: [] };
}

async function runStages(stages: Lane[][]): Promise<LaneReport[]> {
  const reports: LaneReport[] = [];
  for (const lanes of stages) {
    if (stopping) break;
    reports.push(...(await Promise.all(lanes.map(runLane))));
  }
  return reports;
}

/** Set by a signal: no further lane starts. */
let stopping = false;
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const)
  process.on(signal, async () => {
    stopping = true;
    for (const child of running) child.kill(signal);
    await Promise.all([...running].map((child) => once(child, "close")));
    process.exit(1);
  });

const wanted = process.argv.slice(2);
for (const folder of wanted)
  if (![...folders, "e2e"].includes(folder))
    throw new Error(
      `"${folder}" is not a part of the tests: ${folders.join(", ")} or e2e.`,
    );
const isWanted = (folder: string) =>
  wanted.length === 0 || wanted.includes(folder);
const files = folders.filter(isWanted).flatMap(filesOf);

if (wanted.length === 0) announce();
const reports = await Promise.all([
  files.length > 0 ? runStages([[{ name: "the rest", files }]]) : [],
  isWanted("e2e") ? runStages(endToEndStages()) : [],
]);
process.exitCode = printSummary(reports.flat()) > 0 ? 1 : 0;
