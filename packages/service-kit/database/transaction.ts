import type { Connection } from "./connection.ts";
import type { Queries } from "./queries.ts";

/**
 * Runs `work` in the transaction that has begun on the connection. Commits if it resolves, rolls back if it rejects.
 * @param timeoutMs for each statement, as for `Connection.run`
 */
export async function runTransaction<T>(
  connection: Connection,
  work: (tx: Queries) => Promise<T>,
  timeoutMs: number,
): Promise<T> {
  const run = inOrder((text: string, values: readonly unknown[] = []) =>
    connection.run(text, values, timeoutMs),
  );
  let open = true;
  const tx: Queries = {
    async query<Row>(text: string, values?: readonly unknown[]) {
      if (!open)
        throw new Error("This transaction has ended: await its statements.");
      return (await run(text, values)).rows as Row[];
    },
  };
  try {
    const result = await work(tx);
    open = false;
    // After a failed statement, COMMIT rolls back without an error.
    if ((await run("COMMIT")).command === "ROLLBACK")
      throw new Error(
        "A statement of the transaction failed and the work went on, so nothing was committed.",
      );
    return result;
  } catch (error) {
    open = false;
    // If ROLLBACK fails, closing the connection rolls back. Report the first error.
    if (!connection.lost) await run("ROLLBACK").catch(() => connection.cut());
    throw error;
  }
}

/** Serializes calls, as statements on one connection require. */
function inOrder<Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
) {
  let last: Promise<unknown> = Promise.resolve();
  return (...args: Args): Promise<Result> => {
    const result = last.then(() => call(...args));
    last = result.catch(() => {});
    return result;
  };
}
