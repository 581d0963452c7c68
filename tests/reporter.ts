import { writeSync } from "node:fs";
import { relative, sep } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import { type LaneEvent, printSummary, slowestCount } from "./report.ts";

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_END } =
  Mocha.Runner.constants;
const { Base, Spec } = Mocha.reporters;

/** How long Mocha may take to end after its last test. */
const endTimeoutMs = 60_000;

/** The file descriptor on which run.ts receives the events of a lane. */
const laneEvents = 3;

// Written at once, because Mocha may end the process right after the last test.
const send = (event: LaneEvent) =>
  writeSync(laneEvents, `${JSON.stringify(event)}\n`);

/**
 * Mocha's Spec report and the summary of report.ts. In a lane of run.ts, each top-level suite is sent as a whole when
 * it ends, so that the output of lanes doesn't mix.
 */
export default class Reporter extends Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    const lines: string[] = [];
    const inLane = process.env.MARQUEE_TEST_LANE !== undefined;
    if (inLane) Base.consoleLog = (...args) => lines.push(format(...args));
    const buffered = () => lines.splice(0).join("\n");

    super(runner, options);
    const tests: Mocha.Test[] = [];
    const parts: Record<string, number> = {};
    let startedAt = 0;
    // Without suites, as in Mocha's parallel mode, the parts have no hooks.
    let hasSuites = false;
    runner.on(EVENT_TEST_END, (test) => {
      tests.push(test);
      if (!hasSuites && test.file)
        add(partOf(test.file), (test.duration ?? 0) / 1000);
    });
    const add = (part: string, seconds: number) => {
      parts[part] = (parts[part] ?? 0) + seconds;
    };
    runner.on(EVENT_SUITE_BEGIN, ({ parent }) => {
      if (!parent?.root) return;
      hasSuites = true;
      startedAt = performance.now();
    });
    runner.on(EVENT_SUITE_END, ({ parent, file }) => {
      if (!parent?.root || !file) return;
      add(partOf(file), (performance.now() - startedAt) / 1000);
      if (inLane) send({ text: buffered() });
    });
    // The output of a suite in which the process ends.
    if (inLane)
      process.once("exit", () => {
        if (lines.length > 0) send({ text: buffered() });
      });
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const slowest = tests
        .map((test) => ({
          title: test.fullTitle(),
          seconds: (test.duration ?? 0) / 1000,
        }))
        .toSorted((a, b) => b.seconds - a.seconds)
        .slice(0, slowestCount);
      const report = { passes, failures, pending, parts, slowest };
      if (inLane) send({ ...report, epilogue: buffered() });
      else printSummary([report]);
      setTimeout(failOpenHandles, endTimeoutMs).unref();
    });
  }
}

/** Ends a run whose tests left a server, a timer or a connection open. */
function failOpenHandles(): void {
  const open = process.getActiveResourcesInfo().join(", ");
  console.error(`The tests have ended, but these handles are open: ${open}`);
  process.exit(1);
}

/** A folder of tests/, or of tests/e2e/. */
function partOf(file: string): string {
  const [folder = "", below = ""] = relative(import.meta.dirname, file).split(
    sep,
  );
  return folder === "e2e" ? `${folder}/${below}` : folder;
}
