import { type Database, logger, startLoop } from "@marquee/service-kit";

/** Expired rows only take up space until then. */
const purgeIntervalMs = 5 * 60 * 1000;

/** Deletes expired rows. @returns how many */
export type Purge = (database: Database) => Promise<number>;

/**
 * Runs all purges periodically. Errors are logged, and the worker goes on with the next purge.
 * @param purges by the name of what they delete
 * @returns stops the worker after its current round
 */
export function startPurging(
  database: Database,
  purges: Readonly<Record<string, Purge>>,
): () => Promise<void> {
  async function run(): Promise<boolean> {
    for (const [what, purge] of Object.entries(purges))
      try {
        logger.debug({ what, swept: await purge(database) }, "purged");
      } catch (err) {
        logger.warn({ err, what }, "expired rows can't be deleted");
      }
    return false;
  }
  // `run` never rejects: it catches the errors of each purge.
  return startLoop({ intervalMs: purgeIntervalMs, run, onError() {} }).stop;
}
