import { type Database, logger } from "@marquee/service-kit";
import { purgeExpired } from "./purge-expired.ts";

/** Expired rows are ignored everywhere; until the purge they only use space. */
const purgeIntervalMs = 5 * 60 * 1000;

/** Purges expired rows periodically. Failures are logged, and the next run retries.
 * @returns a function that stops the worker
 */
export function startPurgeWorker(database: Database): () => void {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      logger.debug(await purgeExpired(database), "purged expired rows");
    } catch (err) {
      logger.warn({ err }, "can't purge expired rows");
    } finally {
      running = false;
    }
  }, purgeIntervalMs).unref();
  return () => clearInterval(timer);
}
