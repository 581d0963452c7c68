import type { Queries } from "@marquee/service-kit";

export interface PurgeOptions {
  /** How long events are kept. @default 30 */
  days?: number;
  /** Maximum number of rows per statement, to keep statements short. @default 1000 */
  batch?: number;
  /** Maximum number of statements; the next run continues. @default 100 */
  batches?: number;
}

/**
 * Deletes old events with their deliveries, if all of them were delivered. Others stay until they are delivered or
 * their endpoint is removed. Replicas may run it concurrently.
 * @returns how many events it deleted
 * @throws DatabaseUnavailableError
 */
export async function purgeOutbox(
  database: Queries,
  { days = 30, batch = 1_000, batches = 100 }: PurgeOptions = {},
): Promise<number> {
  let purged = 0;
  for (let left = batches; left > 0; left--) {
    const deleted = await database.query(
      `DELETE FROM events WHERE id IN (
         SELECT e.id FROM events e WHERE e.routed AND e.created_at < now() - make_interval(days => $1)
           AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.id AND d.state <> 'delivered')
         ORDER BY e.created_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING 1`,
      [days, batch],
    );
    purged += deleted.length;
    if (deleted.length < batch) break;
  }
  return purged;
}
