import type { Queries } from "@marquee/service-kit";

/** Maximum number of events per statement. */
const batchSize = 100;

/**
 * Creates a delivery for each endpoint that subscribed to an event. This runs after the event's own transaction, which
 * need not wait for it. Concurrent replicas process different events.
 * @returns whether more events may be waiting
 * @throws DatabaseUnavailableError
 */
export async function fanOut(queries: Queries): Promise<boolean> {
  const processed = await queries.query(
    `WITH unrouted AS (
       SELECT id, sequence, type FROM events WHERE NOT routed ORDER BY sequence LIMIT $1 FOR UPDATE SKIP LOCKED
     ), added AS (
       INSERT INTO webhook_deliveries (event_id, endpoint_id)
       SELECT u.id, p.id FROM unrouted u
       JOIN webhook_endpoints p ON p.disabled IS NULL AND (p.types = '{}' OR u.type = ANY (p.types))
       ORDER BY u.sequence, p.id ON CONFLICT DO NOTHING
     )
     UPDATE events e SET routed = true FROM unrouted u WHERE e.id = u.id RETURNING 1`,
    [batchSize],
  );
  return processed.length === batchSize;
}
