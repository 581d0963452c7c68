import { setTimeout as sleep } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import type { Payments } from "./payments.ts";

const defaultPollMs = 1_000;

/**
 * Repeatedly resumes processor requests that a replica started and did not finish. Errors are logged, and the worker
 * goes on.
 * @returns stops the worker after its current round
 */
export function startRecoveryWorker(
  payments: Pick<Payments, "recover">,
  pollMs = defaultPollMs,
): () => Promise<void> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const running = (async () => {
    let found = 0;
    while (!signal.aborted) {
      // Jitter: replicas that started together should not poll together.
      const pauseMs = found > 0 ? 0 : pollMs * (0.75 + Math.random() / 2);
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      found = 0;
      try {
        found = await payments.recover();
      } catch (err) {
        logger.warn({ err }, "unfinished processor requests can't be resumed");
      }
    }
  })();
  return async () => {
    stopped.abort();
    await running;
  };
}
