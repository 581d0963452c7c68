import { setTimeout as delay } from "node:timers/promises";
import { logger } from "../observability/logger.ts";
import { DatabaseUnavailableError, reasonOf } from "./errors.ts";

/** Milliseconds. */
const times = {
  /** Until the database is asked again: twice as long each time, up to the last, so that a service is soon back with it. */
  first: 250,
  last: 5_000,
  /** Between two log lines that say the same. */
  log: 60_000,
};

/**
 * Runs work that a service needs the database for before it takes requests, and runs it again while the database is unavailable,
 * for ever. Logs the reason at first, when it changes, and every minute.
 * @param work must be safe to run again: the answer to a COMMIT may have been lost
 */
export async function untilAvailable<T>(work: () => Promise<T>): Promise<T> {
  let ms = times.first;
  let logged = { reason: "", at: 0 };
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      const reason = reasonOf(error);
      const now = performance.now();
      if (reason !== logged.reason || now - logged.at > times.log) {
        logger.warn({ reason }, "waiting for the database");
        logged = { reason, at: now };
      }
      await delay(ms);
      ms = Math.min(2 * ms, times.last);
    }
}
