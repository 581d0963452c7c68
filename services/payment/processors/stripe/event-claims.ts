import type { Queries } from "@marquee/service-kit";
import type { Notice } from "./verify-webhook.ts";

/** Seconds that somebody has to handle an event: more than asking Stripe takes (10 s) and the statements after that (5 s). */
const lease = 30;

/** done: it was handled before; busy: somebody is at it. Else until when it is the caller's. */
export type Claim = "done" | "busy" | { until: Date };

/** Takes an event to handle, if nobody has it or who had it is gone. @throws DatabaseUnavailableError */
export async function claimEvent(
  queries: Queries,
  { id, type, created }: Pick<Notice, "id" | "type" | "created">,
  seconds = lease,
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

/** It was handled: whoever sends it again is only thanked. @throws DatabaseUnavailableError */
export async function finishEvent(queries: Queries, id: string): Promise<void> {
  await queries.query(
    "UPDATE stripe_events SET done_at = now() WHERE id = $1 AND done_at IS NULL",
    [id],
  );
}

/** It could not be handled: the next one may try at once. @throws DatabaseUnavailableError: then when the lease is over */
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

export interface SweepOptions {
  /** Days that an event is kept. Stripe sends one again for 3 days, and by hand for 30. @default 30 */
  days?: number;
  /** Rows that a statement deletes at most. @default 1000 */
  batch?: number;
  /** Statements at most; the next sweep goes on. @default 100 */
  batches?: number;
}

/**
 * Deletes events that came long ago. Several replicas may sweep at once.
 * @returns how many
 * @throws DatabaseUnavailableError
 */
export async function sweepStripeEvents(
  database: Queries,
  { days = 30, batch = 1_000, batches = 100 }: SweepOptions = {},
): Promise<number> {
  let swept = 0;
  for (let left = batches; left > 0; left--) {
    const deleted = await database.query(
      `DELETE FROM stripe_events WHERE id IN (
         SELECT id FROM stripe_events WHERE received_at < now() - make_interval(days => $1)
         ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING 1`,
      [days, batch],
    );
    swept += deleted.length;
    if (deleted.length < batch) break;
  }
  return swept;
}
