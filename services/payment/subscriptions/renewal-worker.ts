import { setTimeout as sleep } from "node:timers/promises";
import {
  type Database,
  DatabaseUnavailableError,
  logger,
} from "@marquee/service-kit";
import type { Subscriptions } from "./subscriptions.ts";

/** Milliseconds between two looks for subscriptions that are due. */
const lookEvery = 1_000;

/** How many are taken up until whoever waits for the loop's end is heard. */
const most = 100;

export interface Renewals {
  /**
   * Does what is due: renews, tries again, ends; each subscription in a transaction of its own. Replicas that do so at once take
   * different ones. One that fails is logged, and comes again in a minute.
   * @returns how many there were
   * @throws DatabaseUnavailableError
   */
  renewDue(): Promise<number>;
  /** Does so again and again; what fails is logged and tried again. @returns what stops it, when what it is at is done */
  start(): () => Promise<void>;
}

/** @param options.every milliseconds between two looks; @default 1000 */
export function createRenewals(options: {
  database: Database;
  subscriptions: Pick<Subscriptions, "takeDue" | "handleDue">;
  every?: number | undefined;
}): Renewals {
  const { database, subscriptions, every = lookEvery } = options;

  /** @returns whether there was one */
  async function handleNext(): Promise<boolean> {
    let id: string | undefined;
    try {
      return await database.transaction(async (tx) => {
        const due = await subscriptions.takeDue(tx);
        if (!due) return false;
        id = due.id;
        await subscriptions.handleDue(tx, due);
        return true;
      });
    } catch (err) {
      if (id === undefined || err instanceof DatabaseUnavailableError)
        throw err;
      logger.error({ err, subscriptionId: id }, "what is due can't be done");
      await postpone(id);
      return true;
    }
  }

  /** Others are not held up by one that fails. */
  const postpone = (id: string) =>
    database.query(
      "UPDATE subscriptions SET due_at = now() + interval '1 minute' WHERE id = $1 AND due_at <= now()",
      [id],
    );

  async function renewDue(): Promise<number> {
    let count = 0;
    while (count < most && (await handleNext())) count += 1;
    return count;
  }

  return {
    renewDue,
    start() {
      const stopped = new AbortController();
      const running = repeat(renewDue, every, stopped.signal);
      return async () => {
        stopped.abort();
        await running;
      };
    },
  };
}

async function repeat(
  renewDue: Renewals["renewDue"],
  every: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let found = 0;
    try {
      found = await renewDue();
    } catch (err) {
      logger.warn({ err }, "subscriptions can't be renewed now");
    }
    // Replicas that began together don't look together for ever.
    const pause = found > 0 ? 0 : every * (0.75 + Math.random() / 2);
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}
