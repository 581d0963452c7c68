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
export class Life {
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
          life.step(); // a crash here rolls back, as a server does when its client disconnects
          return result;
        }, options),
      ),
    close: () => database.close(),
  };
}

/** A processor whose caller may crash before and after each call. */
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
