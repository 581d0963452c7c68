import type { Queries } from "@marquee/service-kit";
import type { Due } from "./claim.ts";

/** What an attempt came to. */
export interface Heard {
  /** The answer's, if there was one. */
  status?: number;
  body?: string;
  /** What was wrong; undefined if it was delivered. */
  error?: string;
}

/**
 * Writes down what an attempt came to, unless its lease was over and another one has begun since.
 * @param next milliseconds until the next attempt; undefined if there is to be none
 * @returns whether it was written down
 * @throws DatabaseUnavailableError: it is attempted again when its lease is over
 */
export async function conclude(
  queries: Queries,
  { id, attempts }: Due,
  { status, body, error }: Heard,
  next: number | undefined,
): Promise<boolean> {
  const state =
    error === undefined ? "delivered" : next === undefined ? "dead" : "pending";
  const concluded = await queries.query(
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
      (next ?? 0) / 1000,
    ],
  );
  return concluded.length > 0;
}

/** The endpoint wants nothing any more: nothing is sent to it until an operator enables it. */
export async function disable(
  queries: Queries,
  { endpointId, url }: Due,
): Promise<void> {
  await queries.query(
    // It may have another URL by now, which did not say so.
    "UPDATE webhook_endpoints SET disabled = 'gone' WHERE id = $1 AND url = $2 AND disabled IS NULL",
    [endpointId, url],
  );
}

/** The endpoint has too much to do: nothing is sent to it for so many milliseconds. */
export async function pause(
  queries: Queries,
  { endpointId, url }: Due,
  ms: number,
): Promise<void> {
  await queries.query(
    `UPDATE webhook_endpoints SET paused_until = greatest(paused_until, now() + make_interval(secs => $3))
     WHERE id = $1 AND url = $2`,
    [endpointId, url, ms / 1000],
  );
}
