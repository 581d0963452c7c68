import type { Queries } from "@marquee/service-kit";

export const deliveryStates = ["pending", "delivered", "dead"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** An event's way to one endpoint. */
export interface Delivery {
  id: bigint;
  eventId: string;
  type: string;
  endpointId: string;
  /** dead: given up, until somebody has it delivered again. */
  state: DeliveryState;
  /** Attempts that were begun. */
  attempts: number;
  /** When it is due, or if one is under way, when it counts as lost. */
  nextAttemptAt: Date;
  createdAt: Date;
  deliveredAt: Date | null;
  /** Of the last attempt: the answer's status and the beginning of its body, and what was wrong. */
  lastStatus: number | null;
  lastBody: string | null;
  lastError: string | null;
}

const columns = `d.id, d.event_id AS "eventId", e.type, d.endpoint_id AS "endpointId", d.state, d.attempts,
  d.next_attempt_at AS "nextAttemptAt", d.created_at AS "createdAt", d.delivered_at AS "deliveredAt",
  d.last_status AS "lastStatus", d.last_body AS "lastBody", d.last_error AS "lastError"`;

export interface DeliveryQuery {
  /** @default all */
  state?: DeliveryState | undefined;
  /** @default all */
  endpointId?: string | undefined;
  /** Only older ones than this one. */
  before?: bigint | undefined;
  limit: number;
}

/** The newest first. */
export const listDeliveries = (
  queries: Queries,
  { state, endpointId, before, limit }: DeliveryQuery,
): Promise<Delivery[]> =>
  queries.query<Delivery>(
    `SELECT ${columns} FROM webhook_deliveries d JOIN events e ON e.id = d.event_id
     WHERE ($1::text IS NULL OR d.state = $1) AND ($2::uuid IS NULL OR d.endpoint_id = $2)
       AND ($3::bigint IS NULL OR d.id < $3) ORDER BY d.id DESC LIMIT $4`,
    [state ?? null, endpointId ?? null, before ?? null, limit],
  );

/** An event's, one for each endpoint that it is for. */
export const deliveriesOf = (
  queries: Queries,
  eventId: string,
): Promise<Delivery[]> =>
  queries.query<Delivery>(
    `SELECT ${columns} FROM webhook_deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.event_id = $1 ORDER BY d.id`,
    [eventId],
  );

/** Has an event go to an endpoint, whatever types that has. */
export async function addDelivery(
  tx: Queries,
  eventId: string,
  endpointId: string,
): Promise<bigint> {
  const [added] = await tx.query<{ id: bigint }>(
    "INSERT INTO webhook_deliveries (event_id, endpoint_id) VALUES ($1, $2) RETURNING id",
    [eventId, endpointId],
  );
  return (added as { id: bigint }).id; // RETURNING
}

/**
 * Has it delivered at once, and if that fails by the schedule from its start: one that is dead, one that was delivered and that
 * the consumer lost, or one that would wait for longer. The webhook-id stays the same.
 * @returns "disabled" if its endpoint is; undefined if there is none
 */
export async function redeliver(
  tx: Queries,
  id: bigint,
): Promise<Delivery | "disabled" | undefined> {
  const [found] = await tx.query<{ enabled: boolean }>(
    `SELECT p.disabled IS NULL AS enabled FROM webhook_deliveries d JOIN webhook_endpoints p ON p.id = d.endpoint_id
     WHERE d.id = $1 FOR NO KEY UPDATE OF d`,
    [id],
  );
  if (!found) return undefined;
  if (!found.enabled) return "disabled";
  const [delivery] = await tx.query<Delivery>(
    `UPDATE webhook_deliveries d SET state = 'pending', tries = 0, next_attempt_at = now(), delivered_at = NULL
     FROM events e WHERE d.id = $1 AND e.id = d.event_id RETURNING ${columns}`,
    [id],
  );
  return delivery;
}
