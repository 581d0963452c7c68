import type { Database, Queries } from "@marquee/service-kit";
import type { Processor } from "../../../services/payment/processors/processor.ts";

/** Thrown by every external call of a crashed replica. */
class Crashed extends Error {
  override readonly name = "Crashed";
}

/**
 * The life of a replica that crashes after a number of steps. Each external call takes a step before and a step after
 * it. After the crash, nothing reaches the database or the processor.
 */
export class StepBudget {
  #left: number;
  /** The number of steps taken. */
  steps = 0;

  constructor(steps = Number.POSITIVE_INFINITY) {
    this.#left = steps;
  }

  /** Sets the number of steps left. */
  end(steps: number): void {
    this.#left = steps;
    this.steps = 0;
  }

  step(): void {
    if (this.#left <= 0) throw new Crashed("this replica has crashed");
    this.#left -= 1;
    this.steps += 1;
  }

  /** Runs the call between two steps, so that the replica may crash before the call or before its result. */
  async around<T>(work: () => Promise<T>): Promise<T> {
    this.step();
    const result = await work();
    this.step();
    return result;
  }
}

/** A database whose user may crash before and after each statement, BEGIN and COMMIT. */
export function crashingDatabase(
  database: Database,
  budget: StepBudget,
): Database {
  const crashing = (queries: Queries): Queries => ({
    query: (text, values) => budget.around(() => queries.query(text, values)),
  });
  return {
    ...crashing(database),
    transaction: (work, options) =>
      budget.around(() =>
        database.transaction(async (tx) => {
          const result = await work(crashing(tx));
          budget.step(); // a crash here rolls back, as a server does when its client disconnects
          return result;
        }, options),
      ),
    close: () => database.close(),
  };
}

/** A processor whose caller may crash before and after each call. */
export const crashingProcessor = (
  processor: Processor,
  budget: StepBudget,
): Processor => ({
  name: processor.name,
  tokenize: (card) => budget.around(() => processor.tokenize(card)),
  describe: (token) => budget.around(() => processor.describe(token)),
  charge: (request) => budget.around(() => processor.charge(request)),
  find: (key, reference) => budget.around(() => processor.find(key, reference)),
  cancel: (reference, key) =>
    budget.around(() => processor.cancel(reference, key)),
  refund: (request) => budget.around(() => processor.refund(request)),
  findRefund: (key, reference) =>
    budget.around(() => processor.findRefund(key, reference)),
});
