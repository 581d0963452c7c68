import type { Queries } from "@marquee/service-kit";

/** The tables with expiring rows: name, key column, and column with the time of expiry. */
const purgedTables = [
  ["sessions", "id", "expires_at"], // with their refresh tokens
  ["refresh_tokens", "hash", "expires_at"],
  ["revoked_sessions", "session_id", "expires_at"],
  ["signing_keys", "kid", "expires_at"],
  ["limits", "key", "tat"],
] as const;

type DeletedRows = Record<(typeof purgedTables)[number][0], number>;

export interface PurgeOptions {
  /** Maximum rows deleted per statement, to keep locks short. @default 1000 */
  batchSize?: number;
  /** Maximum statements per table; the next purge deletes the rest. @default 100 */
  maxBatches?: number;
}

/** Deletes expired rows. Replicas may purge at the same time: each skips rows that another has locked.
 * @returns the number of deleted rows per table
 * @throws DatabaseUnavailableError
 */
export async function purgeExpired(
  database: Queries,
  { batchSize = 1_000, maxBatches = 100 }: PurgeOptions = {},
): Promise<DeletedRows> {
  const deletedRows = {} as DeletedRows;
  for (const [table, key, expiry] of purgedTables) {
    deletedRows[table] = 0;
    for (let left = maxBatches; left > 0; left--) {
      const deleted = await database.query(
        `DELETE FROM ${table} WHERE ${key} IN (
           SELECT ${key} FROM ${table} WHERE ${expiry} < now()
           ORDER BY ${expiry} LIMIT $1 FOR UPDATE SKIP LOCKED
         ) RETURNING 1`,
        [batchSize],
      );
      deletedRows[table] += deleted.length;
      if (deleted.length < batchSize) break;
    }
  }
  return deletedRows;
}
