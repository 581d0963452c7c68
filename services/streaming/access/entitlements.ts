import { type Database, logger } from "@marquee/service-kit";
import { CircuitState, ConsecutiveBreaker, circuitBreaker } from "cockatiel";
import { LRUCache } from "lru-cache";
import {
  AccessTokenRejectedError,
  PaymentUnavailableError,
} from "../clients/errors.ts";
import {
  createJsonClient,
  type Fetch,
  type JsonResponse,
  UpstreamError,
  upstreamFailures,
} from "../clients/json-client.ts";
import { type Entitlement, EntitlementJson } from "./entitlement.ts";
import { createLastKnownEntitlements } from "./last-known-entitlements.ts";
import type { BreakerState, EntitlementMetrics } from "./metrics.ts";
import type { Viewer } from "./viewer.ts";

export interface EntitlementTimings {
  /** Timeout of each attempt to ask payment, in milliseconds. @default 1000 */
  timeoutMs: number;
  /** Attempts after the first, with jittered delays. @default 2 */
  retries: number;
  /** Consecutive failures that open the circuit breaker. @default 5 */
  breakerFailures: number;
  /** Milliseconds until the open circuit breaker lets one request through. @default 5000 */
  breakerRestMs: number;
  /** Upper limit for caching a positive answer in milliseconds, whatever its Cache-Control. @default 5000 */
  positiveMaxAgeMs: number;
  /** The same for negative and last-known answers, which may change at any moment. @default 1000 */
  negativeMaxAgeMs: number;
}

const entitlementTimings: EntitlementTimings = {
  timeoutMs: 1_000,
  retries: 2,
  breakerFailures: 5,
  breakerRestMs: 5_000,
  positiveMaxAgeMs: 5_000,
  negativeMaxAgeMs: 1_000,
};

type EntitlementAnswer = Entitlement & {
  source: "payment" | "remembered";
};

export interface Entitlements {
  /**
   * Whether a viewer may watch. While payment is unavailable, its last answer counts if it was positive and at most 12
   * hours old.
   * @throws PaymentUnavailableError; AccessTokenRejectedError
   */
  check(viewer: Viewer): Promise<EntitlementAnswer>;
  /** Drops the cached answer: call it after a user has paid or canceled. */
  forget(userId: string): void;
  /** Resolves when pending writes are done. Call it before closing the database. */
  settled(): Promise<void>;
}

export interface EntitlementsOptions {
  /** Payment's URL, without a trailing slash. */
  paymentUrl: string;
  database: Database;
  /** @default globalThis.fetch */
  fetch?: Fetch;
  metrics?: EntitlementMetrics;
  /** @default entitlementTimings */
  timings?: Partial<EntitlementTimings>;
}

/** An answer and how long it may be cached. */
interface CacheEntry {
  answer: EntitlementAnswer;
  ttlMs: number;
}

/** Asks payment whether viewers may watch. Concurrent requests for a viewer share one call. */
export function createEntitlements(options: EntitlementsOptions): Entitlements {
  const { paymentUrl, database, fetch, metrics } = options;
  const timings = { ...entitlementTimings, ...options.timings };
  const breaker = createBreaker(timings, metrics);
  const fetchJson = createJsonClient(timings, fetch, breaker);
  const lastKnown = createLastKnownEntitlements(database);
  const cache = new LRUCache<string, EntitlementAnswer>({ max: 10_000 });
  const pending = new Map<string, Promise<EntitlementAnswer>>();

  async function askPayment({ userId, token }: Viewer): Promise<CacheEntry> {
    const startedAt = performance.now();
    const response = await fetchJson(`${paymentUrl}/entitlements/${userId}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const entitlement = parseEntitlement(response);
    lastKnown.save(userId, entitlement, performance.now() - startedAt);
    metrics?.countAnswer("payment");
    const maxTtlMs = entitlement.entitled
      ? timings.positiveMaxAgeMs
      : timings.negativeMaxAgeMs;
    const ttlMs =
      Math.min(maxTtlMs, maxAgeMs(response.headers)) - elapsedMs(startedAt);
    return { answer: { ...entitlement, source: "payment" }, ttlMs };
  }

  async function answerFromLastKnown(
    userId: string,
    cause: unknown,
  ): Promise<CacheEntry> {
    const found = await lastKnown.get(userId);
    metrics?.countAnswer(found ? "remembered" : "none");
    if (!found) throw new PaymentUnavailableError(cause);
    return {
      answer: { ...found, source: "remembered" },
      ttlMs: timings.negativeMaxAgeMs,
    };
  }

  async function findAnswer(viewer: Viewer): Promise<CacheEntry> {
    try {
      return await askPayment(viewer);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      return answerFromLastKnown(viewer.userId, error);
    }
  }

  function addToCache(userId: string, { answer, ttlMs }: CacheEntry): void {
    const left = (answer.until?.getTime() ?? Infinity) - Date.now();
    const ms = Math.floor(Math.min(ttlMs, left));
    if (ms > 0) cache.set(userId, answer, { ttl: ms });
  }

  return {
    async check(viewer) {
      const { userId, token } = viewer;
      const cached = cache.get(userId);
      if (cached) {
        metrics?.countAnswer("cache");
        return cached;
      }
      const flight = `${userId} ${token}`; // not per user: one of two tokens may have expired
      const shared = pending.get(flight);
      if (shared) return shared;
      const asking = findAnswer(viewer)
        .then((entry) => {
          if (pending.get(flight) === asking) addToCache(userId, entry);
          return entry.answer;
        })
        .finally(() => {
          if (pending.get(flight) === asking) pending.delete(flight);
        });
      pending.set(flight, asking);
      return asking;
    },
    forget(userId) {
      cache.delete(userId);
      // Answers in flight may predate the change, so they must not be cached.
      for (const flight of pending.keys())
        if (flight.startsWith(`${userId} `)) pending.delete(flight);
    },
    settled: lastKnown.settled,
  };
}

const elapsedMs = (since: number) => performance.now() - since;

/** @throws UpstreamError, AccessTokenRejectedError */
function parseEntitlement({ status, body }: JsonResponse): Entitlement {
  if (status === 401 || status === 403)
    throw new AccessTokenRejectedError(status);
  const entitlement = EntitlementJson.safeParse(body);
  if (status === 200 && entitlement.success) return entitlement.data;
  throw new UpstreamError(
    `payment responded with ${status} without a valid entitlement`,
  );
}

/** In milliseconds; 0 if Cache-Control has no max-age. */
const maxAgeMs = (headers: Headers): number =>
  1000 *
  Number(
    /(?:^|[\s,])max-age=(\d+)/i.exec(headers.get("cache-control") ?? "")?.[1] ??
      0,
  );

const breakerStates: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.HalfOpen]: "half_open",
  [CircuitState.Open]: "open",
  [CircuitState.Isolated]: "open",
};

function createBreaker(
  timings: EntitlementTimings,
  metrics?: EntitlementMetrics,
) {
  const breaker = circuitBreaker(upstreamFailures, {
    halfOpenAfter: timings.breakerRestMs,
    breaker: new ConsecutiveBreaker(timings.breakerFailures),
  });
  breaker.onStateChange((state) => {
    metrics?.showBreakerState(breakerStates[state]);
    if (state === CircuitState.Open)
      logger.warn("payment is unavailable; using its last known answers");
    if (state === CircuitState.Closed)
      logger.info("payment is available again");
  });
  return breaker;
}
