import { setTimeout as sleep } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import type { Payments } from "./payments.ts";

/** Milliseconds between two looks for attempts that nobody works at. */
const lookEvery = 1_000;

/**
 * Looks again and again for what others have begun and not finished, and goes on with it; what fails is logged and tried again.
 * @param every milliseconds
 * @returns what stops it, when what it is at is done
 */
export function startRecovering(
  payments: Pick<Payments, "recover">,
  every = lookEvery,
): () => Promise<void> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const running = (async () => {
    let found = 0;
    while (!signal.aborted) {
      // Replicas that began together don't look together for ever.
      const pause = found > 0 ? 0 : every * (0.75 + Math.random() / 2);
      await sleep(pause, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      found = 0;
      try {
        found = await payments.recover();
      } catch (err) {
        logger.warn({ err }, "what was begun can't be finished now");
      }
    }
  })();
  return async () => {
    stopped.abort();
    await running;
  };
}
