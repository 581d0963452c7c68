import { Counter, Gauge, type Registry } from "prom-client";

/** Sources of answers: payment, this process's cache, or the last-known answer while payment is unavailable. */
const sources = ["payment", "cache", "remembered", "none"] as const;

export type BreakerState = "closed" | "half_open" | "open";

export interface EntitlementMetrics {
  countAnswer(source: (typeof sources)[number]): void;
  showBreakerState(state: BreakerState): void;
}

export function createEntitlementMetrics(
  registry: Registry,
): EntitlementMetrics {
  const registers = [registry];
  const answers = new Counter({
    name: "streaming_entitlement_answers_total",
    help: "Entitlement checks by source of the answer; none: payment was unavailable and no last-known answer was valid",
    labelNames: ["source"] as const,
    registers,
  });
  const breaker = new Gauge({
    name: "streaming_payment_breaker_state",
    help: "State of the circuit breaker for payment: 1 for the current state, 0 for the others",
    labelNames: ["state"] as const,
    registers,
  });
  // Export all series from the start, so that the first increment counts as an increase.
  for (const source of sources) answers.inc({ source }, 0);
  const show = (now: BreakerState) => {
    for (const state of ["closed", "half_open", "open"] as const)
      breaker.set({ state }, state === now ? 1 : 0);
  };
  show("closed");
  return {
    countAnswer: (source) => answers.inc({ source }),
    showBreakerState: show,
  };
}
