import {
  type Database,
  DatabaseUnavailableError,
  logger,
  startLoop,
} from "@marquee/service-kit";
import type { Subscriptions } from "./subscriptions.ts";

const defaultPollMs = 1_000;

/** Maximum number of subscriptions per round, so that `stop` takes effect soon. */
const maxPerRound = 100;

export interface RenewalWorker {
  /**
   * Renews, retries and ends due subscriptions, each in its own transaction. Concurrent replicas process different
   * ones. A failure is logged, and that subscription is due again in a minute.
   * @returns how many were due
   * @throws DatabaseUnavailableError
   */
  renewDue(): Promise<number>;
  /** Repeats renewDue. Errors are logged, and the worker goes on. @returns stops the worker after its current round */
  start(): () => Promise<void>;
}

export function createRenewalWorker(options: {
  database: Database;
  subscriptions: Pick<Subscriptions, "claimDue" | "processDue">;
  /** @default 1000 */
  pollMs?: number | undefined;
}): RenewalWorker {
  const { database, subscriptions, pollMs = defaultPollMs } = options;

  /** @returns whether a subscription was due */
  async function processNext(): Promise<boolean> {
    let id: string | undefined;
    try {
      return await database.transaction(async (tx) => {
        const due = await subscriptions.claimDue(tx);
        if (!due) return false;
        id = due.id;
        await subscriptions.processDue(tx, due);
        return true;
      });
    } catch (err) {
      if (id === undefined || err instanceof DatabaseUnavailableError)
        throw err;
      logger.error(
        { err, subscriptionId: id },
        "a due subscription can't be processed; retrying in a minute",
      );
      await postpone(id);
      return true;
    }
  }

  /** A failing subscription must not block the others. */
  const postpone = (id: string) =>
    database.query(
      "UPDATE subscriptions SET due_at = now() + interval '1 minute' WHERE id = $1 AND due_at <= now()",
      [id],
    );

  async function renewDue(): Promise<number> {
    let count = 0;
    while (count < maxPerRound && (await processNext())) count += 1;
    return count;
  }

  return {
    renewDue,
    start() {
      const loop = startLoop({
        intervalMs: pollMs,
        immediate: true,
        run: async () => (await renewDue()) > 0,
        onError: (err) =>
          logger.warn({ err }, "subscriptions can't be renewed"),
      });
      return loop.stop;
    },
  };
}
