import {
  type BatchOptions,
  deleteInBatches,
  type Queries,
} from "@marquee/service-kit";
import type { WebhookEvent } from "./verify-webhook.ts";

/** Longer than a call to Stripe (10 s) and the statements after it (5 s). */
const leaseSeconds = 30;

/** done: handled before; busy: another replica is handling it; otherwise claimed by the caller until then. */
export type Claim = "done" | "busy" | { until: Date };

/** Claims an event, unless it is done or another replica holds its lease. @throws DatabaseUnavailableError */
export async function claimEvent(
  queries: Queries,
  { id, type, created }: Pick<WebhookEvent, "id" | "type" | "created">,
  seconds = leaseSeconds,
): Promise<Claim> {
  const [claimed] = await queries.query<{ until: Date }>(
    `INSERT INTO stripe_events AS e (id, type, created, claimed_until)
     VALUES ($1, $2, $3, now() + make_interval(secs => $4))
     ON CONFLICT (id) DO UPDATE SET claimed_until = EXCLUDED.claimed_until
       WHERE e.done_at IS NULL AND e.claimed_until <= now()
     RETURNING claimed_until AS until`,
    [id, type, created, seconds],
  );
  if (claimed) return claimed;
  const [known] = await queries.query<{ done: boolean }>(
    "SELECT done_at IS NOT NULL AS done FROM stripe_events WHERE id = $1",
    [id],
  );
  return known?.done ? "done" : "busy";
}

/** Marks an event as handled: repeated deliveries are only acknowledged. @throws DatabaseUnavailableError */
export async function finishEvent(queries: Queries, id: string): Promise<void> {
  await queries.query(
    "UPDATE stripe_events SET done_at = now() WHERE id = $1 AND done_at IS NULL",
    [id],
  );
}

/**
 * Releases the claim, so that the next delivery is handled at once.
 * @throws DatabaseUnavailableError: then the lease has to expire
 */
export async function releaseEvent(
  queries: Queries,
  id: string,
  { until }: { until: Date },
): Promise<void> {
  await queries.query(
    "UPDATE stripe_events SET claimed_until = now() WHERE id = $1 AND claimed_until = $2 AND done_at IS NULL",
    [id, until],
  );
}

export interface PurgeOptions extends BatchOptions {
  /** How long events are kept. Stripe retries for 3 days, and by hand for 30. @default 30 */
  days?: number;
}

/**
 * Deletes old events. Replicas may run it concurrently.
 * @returns how many
 * @throws DatabaseUnavailableError
 */
export const purgeStripeEvents = (
  database: Queries,
  { days = 30, ...options }: PurgeOptions = {},
): Promise<number> =>
  deleteInBatches(
    database,
    `DELETE FROM stripe_events WHERE id IN (
       SELECT id FROM stripe_events WHERE received_at < now() - make_interval(days => $1)
       ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING 1`,
    [days],
    options,
  );
