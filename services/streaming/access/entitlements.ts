import { type Database, logger } from "@marquee/service-kit";
import { CircuitState, ConsecutiveBreaker, circuitBreaker } from "cockatiel";
import { HTTPException } from "hono/http-exception";
import { LRUCache } from "lru-cache";
import { PaymentAway } from "../clients/errors.ts";
import {
  type Answer,
  createAsk,
  type Fetch,
  failures,
  Unanswered,
} from "../clients/json-client.ts";
import { type Entitlement, EntitlementJson } from "./entitlement.ts";
import { createRemembered } from "./last-known-entitlements.ts";
import type { Breaker, EntitlementMetrics } from "./metrics.ts";

export interface EntitlementTimes {
  /** Timeout of each attempt to ask payment, in milliseconds. @default 1000 */
  timeout: number;
  /** Attempts after the first, with jittered delays. @default 2 */
  retries: number;
  /** Consecutive failures that open the circuit breaker. @default 5 */
  failures: number;
  /** Milliseconds until the open circuit breaker lets one request through. @default 5000 */
  rest: number;
  /** Upper limit for caching a positive answer in milliseconds, whatever its Cache-Control. @default 5000 */
  yes: number;
  /** The same for negative and last-known answers, which may change at any moment. @default 1000 */
  no: number;
}

export const entitlementTimes: EntitlementTimes = {
  timeout: 1_000,
  retries: 2,
  failures: 5,
  rest: 5_000,
  yes: 5_000,
  no: 1_000,
};

export interface Viewer {
  /** Auth's user id: a UUID. */
  userId: string;
  /** The user's access token. */
  token: string;
}

export type Answered = Entitlement & { source: "payment" | "remembered" };

export interface Entitlements {
  /**
   * Whether a viewer may watch. While payment is unavailable, its last answer counts if it was positive and at most 12
   * hours old.
   * @throws PaymentUnavailableError; AccessTokenRejectedError
   */
  of(viewer: Viewer): Promise<Answered>;
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
  /** @default entitlementTimes */
  times?: Partial<EntitlementTimes>;
}

/** An answer and how long it may be cached, in milliseconds. */
interface Kept {
  answered: Answered;
  ttl: number;
}

/** Asks payment whether viewers may watch. Concurrent requests for a viewer share one call. */
export function createEntitlements(options: EntitlementsOptions): Entitlements {
  const { paymentUrl, database, fetch, metrics } = options;
  const times = { ...entitlementTimes, ...options.times };
  const breaker = watchedBreaker(times, metrics);
  const ask = createAsk(times, fetch, breaker);
  const remembered = createRemembered(database);
  const cache = new LRUCache<string, Answered>({ max: 10_000 });
  const flights = new Map<string, Promise<Answered>>();

  async function askPayment({ userId, token }: Viewer): Promise<Kept> {
    const began = performance.now();
    const answer = await ask(`${paymentUrl}/entitlements/${userId}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const entitlement = read(answer);
    remembered.keep(userId, entitlement, performance.now() - began);
    metrics?.answered("payment");
    const most = entitlement.entitled ? times.yes : times.no;
    const ttl = Math.min(most, maxAgeOf(answer.headers)) - age(began);
    return { answered: { ...entitlement, source: "payment" }, ttl };
  }

  async function recall(userId: string, cause: unknown): Promise<Kept> {
    const found = await remembered.recall(userId);
    metrics?.answered(found ? "remembered" : "none");
    if (!found) throw new PaymentAway(cause);
    return { answered: { ...found, source: "remembered" }, ttl: times.no };
  }

  async function answer(viewer: Viewer): Promise<Kept> {
    try {
      return await askPayment(viewer);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      return recall(viewer.userId, error);
    }
  }

  function keep(userId: string, { answered, ttl }: Kept): void {
    const left = (answered.until?.getTime() ?? Infinity) - Date.now();
    const ms = Math.floor(Math.min(ttl, left));
    if (ms > 0) cache.set(userId, answered, { ttl: ms });
  }

  return {
    async of(viewer) {
      const { userId, token } = viewer;
      const kept = cache.get(userId);
      if (kept) {
        metrics?.answered("cache");
        return kept;
      }
      const flight = `${userId} ${token}`; // not per user: one of two tokens may have expired
      const under = flights.get(flight);
      if (under) return under;
      const asking = answer(viewer)
        .then((kept) => {
          if (flights.get(flight) === asking) keep(userId, kept);
          return kept.answered;
        })
        .finally(() => {
          if (flights.get(flight) === asking) flights.delete(flight);
        });
      flights.set(flight, asking);
      return asking;
    },
    forget(userId) {
      cache.delete(userId);
      // Answers in flight may predate the change, so they must not be cached.
      for (const flight of flights.keys())
        if (flight.startsWith(`${userId} `)) flights.delete(flight);
    },
    settled: remembered.settled,
  };
}

const age = (since: number) => performance.now() - since;

/** @throws UpstreamError, AccessTokenRejectedError */
function read({ status, body }: Answer): Entitlement {
  if (status === 401 || status === 403)
    throw new HTTPException(status, {
      message: "Payment does not take this access token. Sign in again.",
    });
  const entitlement = EntitlementJson.safeParse(body);
  if (status === 200 && entitlement.success) return entitlement.data;
  throw new Unanswered(`payment answered ${status}, and not an entitlement`);
}

/** In milliseconds; 0 if Cache-Control has no max-age. */
const maxAgeOf = (headers: Headers): number =>
  1000 *
  Number(
    /(?:^|[\s,])max-age=(\d+)/i.exec(headers.get("cache-control") ?? "")?.[1] ??
      0,
  );

const names: Record<CircuitState, Breaker> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.HalfOpen]: "half_open",
  [CircuitState.Open]: "open",
  [CircuitState.Isolated]: "open",
};

function watchedBreaker(times: EntitlementTimes, metrics?: EntitlementMetrics) {
  const breaker = circuitBreaker(failures, {
    halfOpenAfter: times.rest,
    breaker: new ConsecutiveBreaker(times.failures),
  });
  breaker.onStateChange((state) => {
    metrics?.breaker(names[state]);
    if (state === CircuitState.Open)
      logger.warn("payment is unavailable; using its last known answers");
    if (state === CircuitState.Closed) logger.info("payment answers again");
  });
  return breaker;
}
