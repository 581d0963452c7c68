import type { Queries } from "@marquee/service-kit";

export const deliveryStates = ["pending", "delivered", "dead"] as const;
type DeliveryState = (typeof deliveryStates)[number];

/** The delivery of an event to one endpoint. */
export interface Delivery {
  id: bigint;
  eventId: string;
  type: string;
  endpointId: string;
  /** dead: out of attempts, until an operator redelivers it. */
  state: DeliveryState;
  /** Attempts started so far. */
  attempts: number;
  /** When it is due; during an attempt, when its lease expires. */
  nextAttemptAt: Date;
  createdAt: Date;
  deliveredAt: Date | null;
  /** The last attempt's response status, the start of its body, and its error. */
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
  /** Only deliveries older than this one. */
  before?: bigint | undefined;
  limit: number;
}

/** Newest first. */
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

/** Lists an event's deliveries, one per endpoint. */
export const deliveriesOf = (
  queries: Queries,
  eventId: string,
): Promise<Delivery[]> =>
  queries.query<Delivery>(
    `SELECT ${columns} FROM webhook_deliveries d JOIN events e ON e.id = d.event_id
     WHERE d.event_id = $1 ORDER BY d.id`,
    [eventId],
  );

/** Creates a delivery, whatever types the endpoint subscribed to. */
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
 * Makes a delivery due at once, with a fresh retry schedule: a dead one, one that the consumer lost, or one that waits
 * for its next attempt. The webhook-id stays the same.
 * @returns "disabled" if the endpoint is disabled; undefined if the delivery does not exist
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
