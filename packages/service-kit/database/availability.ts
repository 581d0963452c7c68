import { setTimeout as delay } from "node:timers/promises";
import { logger } from "../observability/logger.ts";
import { DatabaseUnavailableError, reasonOf } from "./errors.ts";

const delays = {
  /** Before the first retry; doubles each time. */
  initialMs: 250,
  maxMs: 5_000,
  /** Between two log lines with the same reason. */
  logIntervalMs: 60_000,
};

/**
 * Runs startup work that needs the database, and repeats it until the database is available. Logs the reason at the
 * first failure, when it changes, and every minute.
 * @param work must be safe to run again: the answer to a COMMIT may have been lost
 */
export async function untilAvailable<T>(work: () => Promise<T>): Promise<T> {
  let ms = delays.initialMs;
  let logged = { reason: "", at: 0 };
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      const reason = reasonOf(error);
      const now = performance.now();
      if (reason !== logged.reason || now - logged.at > delays.logIntervalMs) {
        logger.warn({ reason }, "waiting for the database");
        logged = { reason, at: now };
      }
      await delay(ms);
      ms = Math.min(2 * ms, delays.maxMs);
    }
}
