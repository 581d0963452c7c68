import type { Queries } from "@marquee/service-kit";

export interface SweepOptions {
  /** Days that an event is kept. @default 30 */
  days?: number;
  /** Rows that a statement deletes at most, so that none takes long. @default 1000 */
  batch?: number;
  /** Statements at most; the next sweep goes on. @default 100 */
  batches?: number;
}

/**
 * Deletes events with their deliveries, when all of these were made long ago. What is dead or on its way stays, until it is
 * delivered or its endpoint is removed. Several replicas may sweep at once.
 * @returns how many events
 * @throws DatabaseUnavailableError
 */
export async function sweepOutbox(
  database: Queries,
  { days = 30, batch = 1_000, batches = 100 }: SweepOptions = {},
): Promise<number> {
  let swept = 0;
  for (let left = batches; left > 0; left--) {
    const deleted = await database.query(
      `DELETE FROM events WHERE id IN (
         SELECT e.id FROM events e WHERE e.routed AND e.created_at < now() - make_interval(days => $1)
           AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.id AND d.state <> 'delivered')
         ORDER BY e.created_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING 1`,
      [days, batch],
    );
    swept += deleted.length;
    if (deleted.length < batch) break;
  }
  return swept;
}
