import { relative, sep } from "node:path";
import Mocha from "mocha";

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_END } =
  Mocha.Runner.constants;

/** How many of the slowest tests the report names. */
const slowest = 10;

/**
 * Mocha's usual report, then how long each part of the tests took (a folder of tests/) and the slowest tests, and as
 * its last line the counts: `N passed, N failed`.
 */
export default class Report extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const tests: Mocha.Test[] = [];
    /** Milliseconds by part, with hooks. */
    const parts = new Map<string, number>();
    let began = 0;
    runner.on(EVENT_TEST_END, (test) => tests.push(test));
    runner.on(EVENT_SUITE_BEGIN, ({ parent }) => {
      if (parent?.root) began = performance.now();
    });
    runner.on(EVENT_SUITE_END, ({ parent, file }) => {
      if (!parent?.root || !file) return;
      const part = relative(import.meta.dirname, file).split(sep)[0] as string;
      const took = performance.now() - began;
      parts.set(part, (parts.get(part) ?? 0) + took);
    });
    runner.once(EVENT_RUN_END, () => {
      for (const [part, took] of parts)
        console.log(`  ${part.padEnd(12)} ${seconds(took)}`);
      console.log(`\n  The slowest tests:`);
      for (const test of tests
        .toSorted((a, b) => (b.duration ?? 0) - (a.duration ?? 0))
        .slice(0, slowest))
        console.log(`  ${seconds(test.duration ?? 0)} ${test.fullTitle()}`);
      const { passes, failures, pending } = this.stats;
      console.log(
        `\n${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`,
      );
    });
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`.padStart(8);
