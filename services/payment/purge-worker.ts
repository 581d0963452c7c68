import { type Database, logger } from "@marquee/service-kit";

/** Milliseconds. What is swept only takes room until then. */
const sweepEvery = 5 * 60 * 1000;

/** Deletes what is of no use any more; gives how many rows it was. */
export type Sweep = (database: Database) => Promise<number>;

/**
 * Sweeps again and again; what fails is logged and tried again.
 * @param sweeps by what they sweep
 * @returns what stops it
 */
export function startSweeping(
  database: Database,
  sweeps: Readonly<Record<string, Sweep>>,
): () => void {
  let running = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    for (const [what, sweep] of Object.entries(sweeps))
      try {
        logger.debug({ what, swept: await sweep(database) }, "swept");
      } catch (err) {
        logger.warn({ err, what }, "what is over can't be deleted now");
      }
    running = false;
  }, sweepEvery).unref();
  return () => clearInterval(timer);
}
