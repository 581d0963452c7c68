import { logger, type Queries } from "@marquee/service-kit";
import { Counter, Gauge, type Registry } from "prom-client"; // Prometheus' own format and conventions

/** How an attempt ended. failed: it is made again; gone: the endpoint wants nothing any more; dead: it was the last. */
export type Outcome = "delivered" | "failed" | "gone" | "dead";

export interface OutboxMetrics {
  attempted(outcome: Outcome): void;
}

/**
 * Counts attempts; and when metrics are asked for, asks the database, so that what they say is so even if no replica
 * delivers. They are the same in each replica: alerts take the max. NaN while the database is away.
 */
export function createOutboxMetrics(
  registry: Registry,
  database: Queries,
): OutboxMetrics {
  const registers = [registry];
  const deliveries = new Counter({
    name: "webhook_deliveries_total",
    help: "Attempts to deliver an event to a webhook, by outcome",
    labelNames: ["outcome"] as const,
    registers,
  });
  // From the first scrape on, so that the first failure is an increase.
  for (const outcome of ["delivered", "failed", "gone", "dead"] as const)
    deliveries.inc({ outcome }, 0);

  const measured = (name: string, help: string, statement: string) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        try {
          const [row] = await database.query<{ value: number }>(statement);
          this.set(row?.value ?? Number.NaN);
        } catch (err) {
          logger.warn({ err, metric: name }, "this can't be measured now");
          this.set(Number.NaN);
        }
      },
    });
  measured(
    "outbox_lag_seconds",
    "How long the event or delivery has been due that has been for longest, and that nobody has taken",
    `SELECT greatest(0, extract(epoch FROM now() - least(
       (SELECT min(created_at) FROM events WHERE NOT routed),
       (SELECT min(greatest(d.due, p.paused_until)) FROM webhook_endpoints p, LATERAL (
          SELECT min(next_attempt_at) AS due FROM webhook_deliveries WHERE endpoint_id = p.id AND state = 'pending') d
        WHERE p.disabled IS NULL AND d.due IS NOT NULL)
     )))::float8 AS value`,
  );
  measured(
    "webhook_deliveries_dead",
    "Deliveries that were given up, until somebody has them delivered again",
    "SELECT count(*)::float8 AS value FROM webhook_deliveries WHERE state = 'dead'",
  );

  return { attempted: (outcome) => deliveries.inc({ outcome }) };
}
