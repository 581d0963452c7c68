import { Counter, Gauge, type Registry } from "prom-client"; // Prometheus' own format and conventions

/** Where an answer came from: payment itself, this process's cache of what it just said, what is remembered while payment is away. */
export const sources = ["payment", "cache", "remembered", "none"] as const;

export type Breaker = "closed" | "half_open" | "open";

export interface EntitlementMetrics {
  answered(source: (typeof sources)[number]): void;
  breaker(state: Breaker): void;
}

export function createEntitlementMetrics(
  registry: Registry,
): EntitlementMetrics {
  const registers = [registry];
  const answers = new Counter({
    name: "streaming_entitlement_answers_total",
    help: "Answers to whether somebody may watch, by where they came from; none: payment was away, and nothing was remembered",
    labelNames: ["source"] as const,
    registers,
  });
  const breaker = new Gauge({
    name: "streaming_payment_breaker_state",
    help: "1 for the state of the circuit breaker before payment, 0 for the others",
    labelNames: ["state"] as const,
    registers,
  });
  // From the first scrape on, so that the first one is an increase.
  for (const source of sources) answers.inc({ source }, 0);
  const show = (now: Breaker) => {
    for (const state of ["closed", "half_open", "open"] as const)
      breaker.set({ state }, state === now ? 1 : 0);
  };
  show("closed");
  return { answered: (source) => answers.inc({ source }), breaker: show };
}
