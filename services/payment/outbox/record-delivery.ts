import type { Queries } from "@marquee/service-kit";
import type { ClaimedDelivery } from "./claim.ts";

/** The result of an attempt. */
export interface DeliveryResult {
  /** The response's status, if there was a response. */
  status?: number;
  body?: string;
  /** The failure; undefined if the event was delivered. */
  error?: string;
}

/**
 * Records the result of an attempt, unless its lease expired and another attempt has begun.
 * @param delayMs until the next attempt; undefined: no further attempts
 * @returns whether it was recorded
 * @throws DatabaseUnavailableError: the delivery is attempted again once its lease expires
 */
export async function recordDelivery(
  queries: Queries,
  { id, attempts }: ClaimedDelivery,
  { status, body, error }: DeliveryResult,
  delayMs: number | undefined,
): Promise<boolean> {
  const state =
    error === undefined
      ? "delivered"
      : delayMs === undefined
        ? "dead"
        : "pending";
  const recorded = await queries.query(
    `UPDATE webhook_deliveries SET state = $3, last_status = $4, last_body = $5, last_error = $6,
       delivered_at = CASE WHEN $3 = 'delivered' THEN now() END,
       next_attempt_at = now() + make_interval(secs => $7)
     WHERE id = $1 AND attempts = $2 AND state = 'pending' RETURNING 1`,
    [
      id,
      attempts,
      state,
      status ?? null,
      body ?? null,
      error ?? null,
      (delayMs ?? 0) / 1000,
    ],
  );
  return recorded.length > 0;
}

/** Stops deliveries to an endpoint that responded with 410, until an operator enables it. */
export async function disableEndpoint(
  queries: Queries,
  { endpointId, url }: ClaimedDelivery,
): Promise<void> {
  await queries.query(
    // Not if the URL was changed in the meantime: the new one did not answer 410.
    "UPDATE webhook_endpoints SET disabled = 'gone' WHERE id = $1 AND url = $2 AND disabled IS NULL",
    [endpointId, url],
  );
}

/** Pauses deliveries to an overloaded endpoint. */
export async function pauseEndpoint(
  queries: Queries,
  { endpointId, url }: ClaimedDelivery,
  pauseMs: number,
): Promise<void> {
  await queries.query(
    `UPDATE webhook_endpoints SET paused_until = greatest(paused_until, now() + make_interval(secs => $3))
     WHERE id = $1 AND url = $2`,
    [endpointId, url, pauseMs / 1000],
  );
}
