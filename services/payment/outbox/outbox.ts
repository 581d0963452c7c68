import { setTimeout as sleep } from "node:timers/promises";
import { type Database, logger } from "@marquee/service-kit";
import { type Due, route, take } from "./claim.ts";
import { type AttemptTimes, createAttempt } from "./deliver.ts";
import type { OutboxMetrics } from "./metrics.ts";
import { retries } from "./retry-schedule.ts";
import { createSecretEncryption } from "./secret-encryption.ts";
import { type UrlRules, urlRules } from "./ssrf-guard.ts";

/** Milliseconds. */
export interface OutboxTimes extends AttemptTimes {
  /** Between two looks for what is due, a quarter more or less. @default 1 s */
  poll: number;
  /**
   * That an attempt has, until any replica may make another one: more than the endpoint has to answer, and the statements
   * before and after that (5 s). @default 30 s
   */
  lease: number;
  /** That `stop` waits for attempts under way: of a pod's 30 s, the service may have taken 19. @default 5 s */
  stop: number;
}

export const outboxTimes: OutboxTimes = {
  answer: 10_000,
  retries,
  retryAfter: 3_600_000,
  poll: 1_000,
  lease: 30_000,
  stop: 5_000,
};

export interface OutboxLimits {
  /** Attempts under way in this process. @default 16 */
  total: number;
  /** Of them, to one endpoint: however slow it is, it takes no more than these. @default 4 */
  perEndpoint: number;
}

export const outboxLimits: OutboxLimits = { total: 16, perEndpoint: 4 };

export interface OutboxOptions {
  /** Who opens it closes it, after `stop`. */
  database: Database;
  /** What KEY_ENCRYPTION_KEY holds. */
  keyEncryptionKey: string;
  /** @default outboxTimes */
  times?: Partial<OutboxTimes> | undefined;
  /** @default outboxLimits */
  limits?: Partial<OutboxLimits> | undefined;
  /** @default urlRules */
  rules?: Partial<UrlRules> | undefined;
  /** @default not measured */
  metrics?: OutboxMetrics | undefined;
}

export interface Outbox {
  /** Delivers from now on, until `stop`; what fails is logged and tried again. */
  start(): void;
  /** Finishes what is under way, for `times.stop` at most; what is not, any replica delivers when its lease is over. */
  stop(): Promise<void>;
  /** Looks now: an event was emitted, and its transaction is committed. Nothing is lost without: another look is soon. */
  wake(): void;
  /** Makes one round of attempts, and waits for them. @returns how many @throws DatabaseUnavailableError */
  drainOnce(): Promise<number>;
}

/**
 * Delivers events to the webhook endpoints, at least once each, in any number of replicas.
 *
 * Each looks for what is due, and takes it by a lease: a process that ends in the middle leaves what another one takes up, with
 * the same webhook-id. Replicas find by polling what others emitted: an index on a mostly empty table answers at once, and
 * LISTEN would take a connection for itself in each of them, and a poll besides for what it missed.
 * @throws RangeError if the times don't go together
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { database, keyEncryptionKey } = options;
  const times = { ...outboxTimes, ...options.times };
  const limits = { ...outboxLimits, ...options.limits };
  if (times.lease <= times.answer)
    throw new RangeError(
      `A lease of ${times.lease} ms is over before an endpoint has to answer, which is ${times.answer} ms: it has to be longer.`,
    );
  const ending = new AbortController();
  const abandoning = new AbortController();
  const attempt = createAttempt({
    database,
    times,
    encryption: createSecretEncryption(keyEncryptionKey),
    rules: { ...urlRules, ...options.rules },
    metrics: options.metrics ?? { attempted() {} },
    signal: abandoning.signal,
  });
  const underWay = new Set<Promise<void>>();
  const byEndpoint = new Map<string, number>();
  const bell = createBell();

  /** Takes what is due and there is room for, and begins with it. @returns whether to look again at once */
  async function look(): Promise<boolean> {
    const more = await route(database);
    const { perEndpoint } = limits;
    const total = limits.total - underWay.size;
    if (total <= 0) return more; // an attempt that ends rings the bell
    const room = { total, perEndpoint, underWay: byEndpoint };
    const due = await take(database, room, times.lease);
    if (!ending.signal.aborted) for (const each of due) begin(each);
    return more || due.length > 0;
  }

  function begin(due: Due): void {
    const { endpointId, id: deliveryId } = due;
    const count = (change: number) => {
      const number = (byEndpoint.get(endpointId) ?? 0) + change;
      if (number > 0) byEndpoint.set(endpointId, number);
      else byEndpoint.delete(endpointId);
    };
    count(1);
    const work = attempt(due)
      .catch((err) =>
        logger.warn(
          { err, deliveryId, endpointId },
          "what an attempt came to can't be written down: it is made again",
        ),
      )
      .finally(() => {
        count(-1);
        underWay.delete(work);
        bell.ring();
      });
    underWay.add(work);
  }

  let failing = false;
  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      let again = false;
      try {
        again = await look();
        if (failing) logger.info("the outbox can be read again");
        failing = false;
      } catch (err) {
        if (!failing) logger.warn({ err }, "the outbox can't be read now");
        failing = true;
      }
      // Replicas that began together don't look together for ever.
      if (!again) await bell.wait(times.poll * (0.75 + Math.random() / 2));
    }
  }

  let running: Promise<void> | undefined;
  return {
    start() {
      running ??= run();
    },
    async stop() {
      ending.abort();
      bell.ring();
      const done = (async () => {
        await running;
        await Promise.all(underWay);
      })();
      await Promise.race([done, sleep(times.stop, undefined, { ref: false })]);
      abandoning.abort();
    },
    wake: bell.ring,
    async drainOnce() {
      const before = new Set(underWay);
      await look();
      const begun = [...underWay].filter((each) => !before.has(each));
      await Promise.all(begun);
      return begun.length;
    },
  };
}

/** What ends a wait early; rung when nobody waits, the next one. */
function createBell() {
  let rung = false;
  let wake = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(ms: number): Promise<void> {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      rung = false;
    },
  };
}
