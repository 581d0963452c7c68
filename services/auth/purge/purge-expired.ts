import type { Queries } from "@marquee/service-kit";

/** What is over, of each table: its key, and the time after which a row is of no use. */
const purgedTables = [
  ["sessions", "id", "expires_at"], // with their refresh tokens
  ["refresh_tokens", "hash", "expires_at"],
  ["revoked_sessions", "session_id", "expires_at"],
  ["signing_keys", "kid", "expires_at"],
  ["limits", "key", "tat"],
] as const;

type DeletedRows = Record<(typeof purgedTables)[number][0], number>;

export interface PurgeOptions {
  /** Rows that a statement deletes at most, so that none takes long. @default 1000 */
  batchSize?: number;
  /** Statements for each table at most; the next sweep goes on. @default 100 */
  maxBatches?: number;
}

/**
 * Deletes what has expired. Several replicas may do so at once: each leaves the rows that another one is at.
 * @returns how many rows of which table
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
