import {
  type BatchOptions,
  deleteInBatches,
  type Queries,
} from "@marquee/service-kit";

export interface PurgeOptions extends BatchOptions {
  /** How long events are kept. @default 30 */
  days?: number;
}

/**
 * Deletes old events with their deliveries, if all of them were delivered. Others stay until they are delivered or
 * their endpoint is removed. Replicas may run it concurrently.
 * @returns how many events it deleted
 * @throws DatabaseUnavailableError
 */
export const purgeOutbox = (
  database: Queries,
  { days = 30, ...options }: PurgeOptions = {},
): Promise<number> =>
  deleteInBatches(
    database,
    `DELETE FROM events WHERE id IN (
       SELECT e.id FROM events e WHERE e.routed AND e.created_at < now() - make_interval(days => $1)
         AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.id AND d.state <> 'delivered')
       ORDER BY e.created_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING 1`,
    [days],
    options,
  );
