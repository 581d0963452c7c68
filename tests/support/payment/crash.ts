import type { Database, Queries } from "@marquee/runtime";
import type { Processor } from "../../../services/payment/processors/processor.ts";

/** What everything says of a replica that is dead. */
export class Crashed extends Error {
  override readonly name = "Crashed";
}

/**
 * A life that ends after so many steps: between any two things that a replica does outside of itself, it may be over. From
 * then on nothing of it reaches the database or the processor.
 */
export class Life {
  #left: number;
  /** How many steps were taken. */
  steps = 0;

  constructor(steps = Number.POSITIVE_INFINITY) {
    this.#left = steps;
  }

  /** From now on, so many steps are left. */
  end(steps: number): void {
    this.#left = steps;
    this.steps = 0;
  }

  step(): void {
    if (this.#left <= 0) throw new Crashed("this replica has crashed");
    this.#left -= 1;
    this.steps += 1;
  }

  /** What is asked, unless the life is over by then; and whose answer comes, unless it is over by then. */
  async around<T>(work: () => Promise<T>): Promise<T> {
    this.step();
    const result = await work();
    this.step();
    return result;
  }
}

/** The database as a replica with this life has it: before and after each statement, BEGIN and COMMIT it may be over. */
export function mortalDatabase(database: Database, life: Life): Database {
  const mortal = (queries: Queries): Queries => ({
    query: (text, values) => life.around(() => queries.query(text, values)),
  });
  return {
    ...mortal(database),
    transaction: (work, options) =>
      life.around(() =>
        database.transaction(async (tx) => {
          const result = await work(mortal(tx));
          life.step(); // else it is rolled back, as by a server whose client is gone
          return result;
        }, options),
      ),
    close: () => database.close(),
  };
}

/** The processor as a replica with this life has it. */
export const mortalProcessor = (
  processor: Processor,
  life: Life,
): Processor => ({
  name: processor.name,
  tokenize: (card) => life.around(() => processor.tokenize(card)),
  describe: (token) => life.around(() => processor.describe(token)),
  charge: (request) => life.around(() => processor.charge(request)),
  find: (key, reference) => life.around(() => processor.find(key, reference)),
  cancel: (reference, key) =>
    life.around(() => processor.cancel(reference, key)),
  refund: (request) => life.around(() => processor.refund(request)),
  findRefund: (key, reference) =>
    life.around(() => processor.findRefund(key, reference)),
});
