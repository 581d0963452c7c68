import { type Database, logger } from "@marquee/service-kit";
import { purgeExpired } from "./purge-expired.ts";

/** Milliseconds. What has expired is of no use to anybody: it only takes room until then. */
const purgeIntervalMs = 5 * 60 * 1000;

/**
 * Deletes what has expired again and again; what fails is logged and tried again.
 * @returns what stops it
 */
export function startPurgeWorker(database: Database): () => void {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      logger.debug(await purgeExpired(database), "swept");
    } catch (err) {
      logger.warn({ err }, "what has expired can't be deleted now");
    } finally {
      running = false;
    }
  }, purgeIntervalMs).unref();
  return () => clearInterval(timer);
}
