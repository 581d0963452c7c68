import { type Database, logger } from "@marquee/service-kit";
import { sweep } from "./purge-expired.ts";

/** Milliseconds. What has expired is of no use to anybody: it only takes room until then. */
const sweepEvery = 5 * 60 * 1000;

/**
 * Deletes what has expired again and again; what fails is logged and tried again.
 * @returns what stops it
 */
export function startSweeping(database: Database): () => void {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      logger.debug(await sweep(database), "swept");
    } catch (err) {
      logger.warn({ err }, "what has expired can't be deleted now");
    } finally {
      running = false;
    }
  }, sweepEvery).unref();
  return () => clearInterval(timer);
}
