import { setTimeout as sleep } from "node:timers/promises";
import {
  type Database,
  type Loop,
  logger,
  startLoop,
} from "@marquee/service-kit";
import {
  type ClaimedDelivery,
  claimDeliveries,
  releaseDeliveries,
} from "./claim.ts";
import { createDeliver, type DeliveryTimes } from "./deliver.ts";
import { fanOut } from "./fan-out.ts";
import type { OutboxMetrics } from "./metrics.ts";
import { retryDelaysMs } from "./retry-schedule.ts";
import { createSecretEncryption } from "./secret-encryption.ts";
import { type UrlRules, urlRules } from "./ssrf-guard.ts";

export interface OutboxTimes extends DeliveryTimes {
  /** Average time between two polls. @default 1 s */
  pollMs: number;
  /**
   * How long an attempt may take before any replica may repeat it: longer than the response timeout plus the statements
   * before and after (5 s). @default 30 s
   */
  leaseMs: number;
  /** How long `stop` waits for active attempts. Other shutdown steps may take 19 of a pod's 30 s. @default 5 s */
  stopTimeoutMs: number;
}

const outboxTimes: OutboxTimes = {
  responseTimeoutMs: 10_000,
  retryDelaysMs,
  maxRetryAfterMs: 3_600_000,
  pollMs: 1_000,
  leaseMs: 30_000,
  stopTimeoutMs: 5_000,
};

interface OutboxLimits {
  /** Concurrent attempts in this process. @default 16 */
  total: number;
  /** Concurrent attempts per endpoint, so that a slow endpoint can't use up the total. @default 4 */
  perEndpoint: number;
}

const outboxLimits: OutboxLimits = { total: 16, perEndpoint: 4 };

export interface OutboxOptions {
  /** The caller closes it, after `stop`. */
  database: Database;
  /** The value of KEY_ENCRYPTION_KEY. */
  keyEncryptionKey: string;
  /** @default outboxTimes */
  times?: Partial<OutboxTimes> | undefined;
  /** @default outboxLimits */
  limits?: Partial<OutboxLimits> | undefined;
  /** @default urlRules */
  rules?: Partial<UrlRules> | undefined;
  /** @default none */
  metrics?: OutboxMetrics | undefined;
}

export interface Outbox {
  /** Delivers events until `stop`. Errors are logged, and delivery goes on. */
  start(): void;
  /**
   * Waits for active attempts, up to the stop timeout. Any replica repeats the aborted ones once their leases have
   * expired.
   */
  stop(): Promise<void>;
  /** Polls at once, for events that this process has committed. Optional: the next poll finds them, too. */
  wake(): void;
  /** Makes one round of attempts, and waits for them. @returns how many @throws DatabaseUnavailableError */
  drainOnce(): Promise<number>;
}

/**
 * Delivers events to webhook endpoints at least once, from any number of replicas.
 *
 * Replicas claim due deliveries with a lease. If a process dies, another one repeats its deliveries with the same
 * webhook-id. Replicas find each other's events by polling: an index on a mostly empty table makes that cheap, while
 * LISTEN would need a dedicated connection per replica, and polling for missed notifications anyway.
 * @throws RangeError if the lease is not longer than the response timeout
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { database, keyEncryptionKey } = options;
  const times = { ...outboxTimes, ...options.times };
  const limits = { ...outboxLimits, ...options.limits };
  if (times.leaseMs <= times.responseTimeoutMs)
    throw new RangeError(
      `leaseMs (${times.leaseMs}) has to be greater than responseTimeoutMs (${times.responseTimeoutMs}).`,
    );
  let stopping = false;
  const aborting = new AbortController();
  const deliver = createDeliver({
    database,
    times,
    encryption: createSecretEncryption(keyEncryptionKey),
    rules: { ...urlRules, ...options.rules },
    metrics: options.metrics ?? { attempted() {} },
    signal: aborting.signal,
  });
  const active = new Set<Promise<void>>();
  const activeByEndpoint = new Map<string, number>();
  let loop: Loop | undefined;

  /** Starts as many due deliveries as the limits allow. @returns whether to poll again at once */
  async function poll(): Promise<boolean> {
    const more = await fanOut(database);
    const { perEndpoint } = limits;
    const total = limits.total - active.size;
    if (stopping) return false;
    if (total <= 0) return more; // the end of an attempt wakes the loop
    const capacity = { total, perEndpoint, active: activeByEndpoint };
    const claimed = await claimDeliveries(database, capacity, times.leaseMs);
    // `stop` may have been called meanwhile. It waits for attempts; without them, replicas would wait for the lease.
    if (aborting.signal.aborted) await releaseDeliveries(database, claimed);
    else for (const delivery of claimed) startAttempt(delivery);
    return more || claimed.length > 0;
  }

  function startAttempt(delivery: ClaimedDelivery): void {
    const { endpointId, id: deliveryId } = delivery;
    const count = (change: number) => {
      const number = (activeByEndpoint.get(endpointId) ?? 0) + change;
      if (number > 0) activeByEndpoint.set(endpointId, number);
      else activeByEndpoint.delete(endpointId);
    };
    count(1);
    const attempt = deliver(delivery)
      .catch((err) =>
        logger.warn(
          { err, deliveryId, endpointId },
          "the result of a webhook delivery can't be recorded; retrying later",
        ),
      )
      .finally(() => {
        count(-1);
        active.delete(attempt);
        loop?.wake();
      });
    active.add(attempt);
  }

  let failing = false;
  return {
    start() {
      loop ??= startLoop({
        intervalMs: times.pollMs,
        immediate: true,
        async run() {
          const again = await poll();
          if (failing) logger.info("the outbox can be read again");
          failing = false;
          return again;
        },
        onError(err) {
          if (!failing) logger.warn({ err }, "the outbox can't be read");
          failing = true;
        },
      });
    },
    async stop() {
      stopping = true;
      const done = (async () => {
        await loop?.stop();
        await Promise.all(active);
      })();
      await Promise.race([
        done,
        sleep(times.stopTimeoutMs, undefined, { ref: false }),
      ]);
      aborting.abort();
    },
    wake: () => loop?.wake(),
    async drainOnce() {
      const before = new Set(active);
      await poll();
      const started = [...active].filter((each) => !before.has(each));
      await Promise.all(started);
      return started.length;
    },
  };
}
