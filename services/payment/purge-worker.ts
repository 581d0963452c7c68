import { type Database, logger } from "@marquee/service-kit";

/** Expired rows only take up space until then. */
const purgeIntervalMs = 5 * 60 * 1000;

/** Deletes expired rows. @returns how many */
export type Purge = (database: Database) => Promise<number>;

/**
 * Runs all purges periodically. Errors are logged, and the worker goes on.
 * @param purges by the name of what they delete
 * @returns stops the worker
 */
export function startPurging(
  database: Database,
  purges: Readonly<Record<string, Purge>>,
): () => void {
  let purging = false;
  const timer = setInterval(async () => {
    if (purging) return;
    purging = true;
    for (const [what, purge] of Object.entries(purges))
      try {
        logger.debug({ what, swept: await purge(database) }, "purged");
      } catch (err) {
        logger.warn({ err, what }, "expired rows can't be deleted");
      }
    purging = false;
  }, purgeIntervalMs).unref();
  return () => clearInterval(timer);
}
