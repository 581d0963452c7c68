import type { Queries } from "@marquee/service-kit";

/** Like Stripe's: a key older than this is a new request. */
const retentionHours = 24;

/**
 * Deletes keys older than 24 hours that have a response; keys in flight stay. Replicas may run it concurrently: each
 * skips rows that another one has locked.
 * @returns how many keys it deleted
 * @throws DatabaseUnavailableError
 */
export async function purgeIdempotencyKeys(
  database: Queries,
  { batch = 1_000, batches = 100 } = {},
): Promise<number> {
  let purged = 0;
  for (let left = batches; left > 0; left--) {
    const deleted = await database.query(
      `DELETE FROM idempotency_keys WHERE (scope, key) IN (
         SELECT scope, key FROM idempotency_keys
         WHERE status IS NOT NULL AND created_at < now() - make_interval(hours => $2)
         ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
       ) RETURNING 1`,
      [batch, retentionHours],
    );
    purged += deleted.length;
    if (deleted.length < batch) break;
  }
  return purged;
}
