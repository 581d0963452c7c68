import { logger, type Queries } from "@marquee/service-kit";
import { Counter, Gauge, type Registry } from "prom-client";

/**
 * The outcome of an attempt. failed: it is retried; gone: the endpoint responded with 410; dead: it was the last
 * attempt.
 */
export type DeliveryOutcome = "delivered" | "failed" | "gone" | "dead";

export interface OutboxMetrics {
  attempted(outcome: DeliveryOutcome): void;
}

/**
 * Counts attempts, and reads the backlog from the database on each scrape, so that it is correct even if no replica
 * delivers. All replicas report the same backlog: alerts take the max. NaN while the database is unavailable.
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
  // Initialized to 0, so that rate() sees the first failure.
  for (const outcome of ["delivered", "failed", "gone", "dead"] as const)
    deliveries.inc({ outcome }, 0);

  const addGauge = (name: string, help: string, statement: string) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        try {
          const [row] = await database.query<{ value: number }>(statement);
          this.set(row?.value ?? Number.NaN);
        } catch (err) {
          logger.warn(
            { err, metric: name },
            "the metric can't be read from the database",
          );
          this.set(Number.NaN);
        }
      },
    });
  addGauge(
    "outbox_lag_seconds",
    "How long the oldest unclaimed event or delivery has been due",
    `SELECT greatest(0, extract(epoch FROM now() - least(
       (SELECT min(created_at) FROM events WHERE NOT routed),
       (SELECT min(greatest(d.due, p.paused_until)) FROM webhook_endpoints p, LATERAL (
          SELECT min(next_attempt_at) AS due FROM webhook_deliveries WHERE endpoint_id = p.id AND state = 'pending') d
        WHERE p.disabled IS NULL AND d.due IS NOT NULL)
     )))::float8 AS value`,
  );
  addGauge(
    "webhook_deliveries_dead",
    "Deliveries that ran out of attempts and were not redelivered",
    "SELECT count(*)::float8 AS value FROM webhook_deliveries WHERE state = 'dead'",
  );

  return { attempted: (outcome) => deliveries.inc({ outcome }) };
}
