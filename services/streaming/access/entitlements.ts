import { type Database, logger } from "@marquee/service-kit";
import { CircuitState, ConsecutiveBreaker, circuitBreaker } from "cockatiel";
import { HTTPException } from "hono/http-exception";
import { LRUCache } from "lru-cache";
import {
  type Answer,
  createAsk,
  type Fetch,
  failures,
  Unanswered,
} from "../origin/ask.ts";
import { PaymentAway } from "../origin/payment-away.ts";
import { type Entitlement, EntitlementJson } from "./entitlement.ts";
import type { Breaker, EntitlementMetrics } from "./metrics.ts";
import { createRemembered } from "./remembered.ts";

export interface EntitlementTimes {
  /** Milliseconds that each try may take. @default 1000 */
  timeout: number;
  /** Tries after the first, after a pause that is drawn at random. @default 2 */
  retries: number;
  /** Failed tries in a row after which payment is not asked. @default 5 */
  failures: number;
  /** Milliseconds until it is asked again, once. @default 5000 */
  rest: number;
  /** Milliseconds that a yes is kept at most, whatever Cache-Control says. @default 5000 */
  yes: number;
  /** The same for a no, and for what is remembered: both may be other than that in a moment. @default 1000 */
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
  /** A UUID of auth's. */
  userId: string;
  /** An access token of theirs. */
  token: string;
}

export type Answered = Entitlement & { source: "payment" | "remembered" };

export interface Entitlements {
  /**
   * Whether somebody may watch. While payment is away: as it said last, if that was yes, no longer than 12 hours ago.
   * @throws PaymentAway; HTTPException 401 or 403 if payment does not take the token
   */
  of(viewer: Viewer): Promise<Answered>;
  /** Has payment asked anew the next time: right after somebody has paid, or canceled. */
  forget(userId: string): void;
  /** Resolves when nothing is being written any more: before the database is closed. */
  settled(): Promise<void>;
}

export interface EntitlementsOptions {
  /** Payment's URL, without a slash at its end. */
  paymentUrl: string;
  database: Database;
  /** @default Node.js's own */
  fetch?: Fetch;
  metrics?: EntitlementMetrics;
  /** @default entitlementTimes */
  times?: Partial<EntitlementTimes>;
}

/** An answer, and for how many milliseconds it may be kept. */
interface Kept {
  answered: Answered;
  ttl: number;
}

/** Asks payment who may watch: once for all who ask at the same time, and only as long as it answers. */
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
      const flight = `${userId} ${token}`; // one token may have expired, and another not
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
      // What is under way was asked for before, and is not kept.
      for (const flight of flights.keys())
        if (flight.startsWith(`${userId} `)) flights.delete(flight);
    },
    settled: remembered.settled,
  };
}

const age = (since: number) => performance.now() - since;

/** @throws Unanswered; HTTPException 401, 403 */
function read({ status, body }: Answer): Entitlement {
  if (status === 401 || status === 403)
    throw new HTTPException(status, {
      message: "Payment does not take this access token. Sign in again.",
    });
  const entitlement = EntitlementJson.safeParse(body);
  if (status === 200 && entitlement.success) return entitlement.data;
  throw new Unanswered(`payment answered ${status}, and not an entitlement`);
}

/** Milliseconds; 0 if Cache-Control says nothing of it. */
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
      logger.warn("payment does not answer; what it said last serves");
    if (state === CircuitState.Closed) logger.info("payment answers again");
  });
  return breaker;
}
