import type { Queries } from "@marquee/service-kit";

/** A claimed delivery, with everything that an attempt needs. */
export interface ClaimedDelivery {
  id: bigint;
  /** Including this one. */
  attempts: number;
  tries: number;
  endpointId: string;
  url: string;
  /** Encrypted. */
  secret: Buffer;
  /** Encrypted; null unless the previous secret still signs. */
  oldSecret: Buffer | null;
  eventId: string;
  type: string;
  sequence: bigint;
  /** JSON, as it was emitted. */
  data: string;
  createdAt: Date;
}

export interface Capacity {
  /** Maximum number of deliveries to claim. */
  total: number;
  /** Maximum number of concurrent attempts per endpoint. */
  perEndpoint: number;
  /** Current number of attempts by endpoint. */
  active: ReadonlyMap<string, number>;
}

/**
 * Claims due deliveries: no replica claims them again until their lease expires, and no transaction stays open
 * meanwhile. Endpoints with few active attempts come first, ties are random, so that a backlog at one endpoint does not
 * delay the others.
 * @throws DatabaseUnavailableError: some deliveries may be claimed then, and are due again once their lease expires
 */
export async function claimDeliveries(
  queries: Queries,
  { total, perEndpoint, active }: Capacity,
  leaseMs: number,
): Promise<ClaimedDelivery[]> {
  const claimed = await queries.query<ClaimedDelivery>(
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
      [...active.keys()],
      [...active.values()],
      perEndpoint,
      total,
      leaseMs / 1000,
    ],
  );
  return claimed.sort((a, b) => Number(a.id - b.id));
}

/** Makes claimed deliveries due again, as if they had not been claimed. */
export async function releaseDeliveries(
  queries: Queries,
  claimed: readonly ClaimedDelivery[],
): Promise<void> {
  await queries.query(
    `UPDATE webhook_deliveries SET attempts = attempts - 1, tries = tries - 1, next_attempt_at = now()
     WHERE id = ANY($1)`,
    [claimed.map(({ id }) => id)],
  );
}
