import Mocha from "mocha";

/** Mocha's usual report, and as its last line the counts: `N passed, N failed`. */
export default class Counts extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      console.log(
        `${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`,
      );
    });
  }
}
