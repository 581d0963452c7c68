import type { Queries } from "@marquee/service-kit";

/** What is over, of each table: its key, and the time after which a row is of no use. */
const tables = [
  ["sessions", "id", "expires_at"], // with their refresh tokens
  ["refresh_tokens", "hash", "expires_at"],
  ["revoked_sessions", "session_id", "expires_at"],
  ["signing_keys", "kid", "expires_at"],
  ["limits", "key", "tat"],
] as const;

type Swept = Record<(typeof tables)[number][0], number>;

export interface SweepOptions {
  /** Rows that a statement deletes at most, so that none takes long. @default 1000 */
  batch?: number;
  /** Statements for each table at most; the next sweep goes on. @default 100 */
  batches?: number;
}

/**
 * Deletes what has expired. Several replicas may do so at once: each leaves the rows that another one is at.
 * @returns how many rows of which table
 * @throws DatabaseUnavailableError
 */
export async function sweep(
  database: Queries,
  { batch = 1_000, batches = 100 }: SweepOptions = {},
): Promise<Swept> {
  const swept = {} as Swept;
  for (const [table, key, over] of tables) {
    swept[table] = 0;
    for (let left = batches; left > 0; left--) {
      const deleted = await database.query(
        `DELETE FROM ${table} WHERE ${key} IN (
           SELECT ${key} FROM ${table} WHERE ${over} < now()
           ORDER BY ${over} LIMIT $1 FOR UPDATE SKIP LOCKED
         ) RETURNING 1`,
        [batch],
      );
      swept[table] += deleted.length;
      if (deleted.length < batch) break;
    }
  }
  return swept;
}
