import type { Queries } from "@marquee/service-kit";

/** Hours that keys are kept at least: as Stripe's, after which the same key is a new request. */
const kept = 24;

/**
 * Deletes keys that are older than 24 hours and were answered; one that is in flight stays until it is. Several replicas may do
 * so at once: each leaves the rows that another one is at.
 * @returns how many
 * @throws DatabaseUnavailableError
 */
export async function sweepKeys(
  database: Queries,
  { batch = 1_000, batches = 100 } = {},
): Promise<number> {
  let swept = 0;
  for (let left = batches; left > 0; left--) {
    const deleted = await database.query(
      `DELETE FROM idempotency_keys WHERE (scope, key) IN (
         SELECT scope, key FROM idempotency_keys
         WHERE status IS NOT NULL AND created_at < now() - make_interval(hours => $2)
         ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
       ) RETURNING 1`,
      [batch, kept],
    );
    swept += deleted.length;
    if (deleted.length < batch) break;
  }
  return swept;
}
