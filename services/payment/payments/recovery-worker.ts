import { logger, startLoop } from "@marquee/service-kit";
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
  const loop = startLoop({
    intervalMs: pollMs,
    run: async () => (await payments.recover()) > 0,
    onError: (err) =>
      logger.warn({ err }, "unfinished processor requests can't be resumed"),
  });
  return loop.stop;
}
