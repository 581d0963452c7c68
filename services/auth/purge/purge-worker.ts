import { type Database, logger, startLoop } from "@marquee/service-kit";
import { purgeExpired } from "./purge-expired.ts";

/** Expired rows are ignored everywhere; until the purge they only use space. */
const purgeIntervalMs = 5 * 60 * 1000;

/** Purges expired rows periodically. Failures are logged, and the next run retries.
 * @returns a function that stops the worker after its current run
 */
export function startPurgeWorker(database: Database): () => Promise<void> {
  const loop = startLoop({
    intervalMs: purgeIntervalMs,
    async run() {
      logger.debug(await purgeExpired(database), "purged expired rows");
      return false;
    },
    onError: (err) => logger.warn({ err }, "can't purge expired rows"),
  });
  return loop.stop;
}
