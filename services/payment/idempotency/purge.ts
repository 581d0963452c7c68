import {
  type BatchOptions,
  deleteInBatches,
  type Queries,
} from "@marquee/service-kit";

/** Like Stripe's: a key older than this is a new request. */
const retentionHours = 24;

/**
 * Deletes keys older than 24 hours that have a response; keys in flight stay. Replicas may run it concurrently: each
 * skips rows that another one has locked.
 * @returns how many keys it deleted
 * @throws DatabaseUnavailableError
 */
export const purgeIdempotencyKeys = (
  database: Queries,
  options?: BatchOptions,
): Promise<number> =>
  deleteInBatches(
    database,
    `DELETE FROM idempotency_keys WHERE (scope, key) IN (
       SELECT scope, key FROM idempotency_keys
       WHERE status IS NOT NULL AND created_at < now() - make_interval(hours => $1)
       ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING 1`,
    [retentionHours],
    options,
  );
