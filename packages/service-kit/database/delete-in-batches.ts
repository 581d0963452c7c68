import type { Queries } from "./queries.ts";

export interface BatchOptions {
  /** Maximum number of rows per statement, to keep statements short. @default 1000 */
  batch?: number;
  /** Maximum number of statements; the next run continues. @default 100 */
  batches?: number;
}

/**
 * Repeats a DELETE until it finds fewer rows than a batch has.
 * @param sql returns a row per deleted row; the last parameter is the maximum number of rows
 * @param values the other parameters
 * @returns how many rows it deleted
 * @throws DatabaseUnavailableError
 */
export async function deleteInBatches(
  database: Queries,
  sql: string,
  values: readonly unknown[],
  { batch = 1_000, batches = 100 }: BatchOptions = {},
): Promise<number> {
  let total = 0;
  for (let left = batches; left > 0; left--) {
    const deleted = await database.query(sql, [...values, batch]);
    total += deleted.length;
    if (deleted.length < batch) break;
  }
  return total;
}
