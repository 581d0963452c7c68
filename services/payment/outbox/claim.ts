import type { Queries } from "@marquee/service-kit";

/** Events that a statement routes at most. */
const batch = 100;

/**
 * Makes a delivery for each endpoint that wants an event, which is done after the event's own transaction: that one waits for
 * nothing. Several replicas route different events.
 * @returns whether there may be more
 * @throws DatabaseUnavailableError
 */
export async function route(queries: Queries): Promise<boolean> {
  const routed = await queries.query(
    `WITH unrouted AS (
       SELECT id, sequence, type FROM events WHERE NOT routed ORDER BY sequence LIMIT $1 FOR UPDATE SKIP LOCKED
     ), added AS (
       INSERT INTO webhook_deliveries (event_id, endpoint_id)
       SELECT u.id, p.id FROM unrouted u
       JOIN webhook_endpoints p ON p.disabled IS NULL AND (p.types = '{}' OR u.type = ANY (p.types))
       ORDER BY u.sequence, p.id ON CONFLICT DO NOTHING
     )
     UPDATE events e SET routed = true FROM unrouted u WHERE e.id = u.id RETURNING 1`,
    [batch],
  );
  return routed.length === batch;
}

/** A delivery that was taken, with all that an attempt needs. */
export interface Due {
  id: bigint;
  /** With this one. */
  attempts: number;
  tries: number;
  endpointId: string;
  url: string;
  /** Encrypted. */
  secret: Buffer;
  /** Encrypted; null if there is none that still signs. */
  oldSecret: Buffer | null;
  eventId: string;
  type: string;
  sequence: bigint;
  /** As JSON, as it was written. */
  data: string;
  createdAt: Date;
}

export interface Room {
  /** Deliveries that are taken at most. */
  total: number;
  /** Deliveries to one endpoint that may be under way. */
  perEndpoint: number;
  /** Deliveries that are under way, by endpoint. */
  underWay: ReadonlyMap<string, number>;
}

/**
 * Takes deliveries that are due: nobody else takes them until their lease is over, and no transaction is open meanwhile. An
 * endpoint with few under way goes before one with many, and among equals it is left to chance, so that none holds up another,
 * however much is due there and for how long.
 * @param lease milliseconds
 * @throws DatabaseUnavailableError: then some may be taken, and are due again when the lease is over
 */
export async function take(
  queries: Queries,
  { total, perEndpoint, underWay }: Room,
  lease: number,
): Promise<Due[]> {
  const taken = await queries.query<Due>(
    `WITH under_way AS (
       SELECT * FROM unnest($1::uuid[], $2::integer[]) AS u (endpoint_id, number)
     ), due AS (
       SELECT d.id FROM webhook_endpoints p
       LEFT JOIN under_way u ON u.endpoint_id = p.id
       CROSS JOIN LATERAL (
         SELECT id, next_attempt_at FROM webhook_deliveries
         WHERE endpoint_id = p.id AND state = 'pending' AND next_attempt_at <= now()
         ORDER BY next_attempt_at, id LIMIT greatest($3 - coalesce(u.number, 0), 0) FOR UPDATE SKIP LOCKED
       ) d
       WHERE p.disabled IS NULL AND (p.paused_until IS NULL OR p.paused_until <= now())
       ORDER BY coalesce(u.number, 0) + row_number() OVER (PARTITION BY p.id ORDER BY d.next_attempt_at, d.id), random()
       LIMIT $4
     )
     UPDATE webhook_deliveries d SET attempts = attempts + 1, tries = tries + 1,
       next_attempt_at = now() + make_interval(secs => $5)
     FROM due, events e, webhook_endpoints p
     WHERE d.id = due.id AND e.id = d.event_id AND p.id = d.endpoint_id
       AND d.state = 'pending' AND d.next_attempt_at <= now()
     RETURNING d.id, d.attempts, d.tries, d.endpoint_id AS "endpointId", p.url, p.secret,
       CASE WHEN p.old_secret_until > now() THEN p.old_secret END AS "oldSecret",
       e.id AS "eventId", e.type, e.sequence, e.data::text AS data, e.created_at AS "createdAt"`,
    [
      [...underWay.keys()],
      [...underWay.values()],
      perEndpoint,
      total,
      lease / 1000,
    ],
  );
  return taken.sort((a, b) => Number(a.id - b.id));
}
