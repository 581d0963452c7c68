import { setTimeout as sleep } from "node:timers/promises";
import type { CryptoKey } from "jose";
import { logger } from "../observability/logger.ts";
import { AuthUnavailableError } from "./errors.ts";
import { type FetchedKeys, fetchKeys } from "./fetch-keys.ts";
import type { Fetch } from "./fetch-text.ts";

export interface KeySetTimings {
  /**
   * Lower bound of Cache-Control's max-age. The keys are fetched at most twice within this time.
   * @default 10
   */
  minAgeSeconds: number;
  /**
   * Upper bound of Cache-Control's max-age. Withdrawn keys are accepted for this long. New keys are known in time: auth
   * publishes them an hour before it signs with them.
   * @default 300
   */
  maxAgeSeconds: number;
  /**
   * How long stale keys are used while auth is unreachable. Tokens expire as usual, but keys that auth withdraws in the
   * meantime are still accepted.
   * @default 24 hours
   */
  staleSeconds: number;
  /** Pause before the next fetch after a failure, or for an unknown key. @default 1 */
  retrySeconds: number;
  /** @default 2 */
  timeoutSeconds: number;
}

export const defaultKeySetTimings: KeySetTimings = {
  minAgeSeconds: 10,
  maxAgeSeconds: 300,
  staleSeconds: 24 * 60 * 60,
  retrySeconds: 1,
  timeoutSeconds: 2,
};

export interface KeySet {
  /**
   * The published key with this id. For an unknown id the keys are fetched after the call, so that a new key is never
   * rejected; such calls wait for `retrySeconds` at most before the fetch.
   * @throws AuthUnavailableError if no usable keys can be fetched
   */
  find(kid: string): Promise<CryptoKey | undefined>;
}

interface CachedKeys {
  keys: FetchedKeys["keys"];
  /** When their fetch started, by performance.now(). */
  fetchedAt: number;
  freshMs: number;
}

/**
 * Caches a JWKS. jose's createRemoteJWKSet is not enough: if a fetch fails while its keys are stale, it rejects valid
 * tokens; every request waits for that fetch; and each unknown key causes another one.
 *
 * There are no timers. Lookups refresh the keys in the background once half of their lifetime is over. Lookups of stale
 * keys wait for the refresh, unless the last one failed. While auth is down, only tokens with an unknown `kid` wait.
 */
export function createKeySet(
  url: string,
  { fetch, timings }: { fetch: Fetch; timings: KeySetTimings },
): KeySet {
  const retryMs = 1000 * timings.retrySeconds;
  let cached: CachedKeys | undefined;
  let fetching: Promise<void> | undefined;
  let lastStart = Number.NEGATIVE_INFINITY;
  /** The last fetch's, if it failed. */
  let failure: { error: AuthUnavailableError; at: number } | undefined;

  async function refresh(): Promise<void> {
    const fetchedAt = performance.now();
    lastStart = fetchedAt;
    try {
      const { timeoutSeconds, minAgeSeconds } = timings;
      const fetched = await fetchKeys(url, { fetch, timeoutSeconds });
      const maxAgeSeconds = Math.max(minAgeSeconds, fetched.maxAgeSeconds);
      const freshMs = 1000 * Math.min(timings.maxAgeSeconds, maxAgeSeconds);
      cached = { keys: fetched.keys, fetchedAt, freshMs };
      if (failure) logger.info({ url }, "auth's keys can be fetched again");
      failure = undefined;
    } catch (err) {
      if (!failure)
        logger.warn(
          { err, url },
          `auth's keys can't be fetched${cached ? "; the cached keys stay in use" : ""}`,
        );
      failure = { error: new AuthUnavailableError(err), at: performance.now() };
      throw failure.error;
    }
  }

  /** Concurrent calls share one fetch. Right after a failure it fails without one. @throws AuthUnavailableError */
  async function refreshOnce(): Promise<void> {
    if (!fetching) {
      if (failure && performance.now() < failure.at + retryMs)
        throw failure.error;
      fetching = refresh().finally(() => {
        fetching = undefined;
      });
    }
    await fetching;
  }

  /** Failures are logged by `refresh`. */
  const refreshInBackground = () => void refreshOnce().catch(() => {});

  /** @throws AuthUnavailableError */
  async function usableKeys(): Promise<CachedKeys> {
    const { fetchedAt, freshMs } = cached ?? {
      fetchedAt: Number.NEGATIVE_INFINITY,
      freshMs: 0,
    };
    const ageMs = performance.now() - fetchedAt;
    if (ageMs > freshMs + 1000 * timings.staleSeconds) await refreshOnce();
    else if (ageMs > freshMs && !failure) await refreshOnce().catch(() => {});
    else if (ageMs > freshMs / 2) refreshInBackground();
    return cached as CachedKeys; // the first refresh threw if it failed
  }

  let nextRefresh: Promise<void> | undefined;
  /** Concurrent calls share one fetch, which starts after the first of them. @throws AuthUnavailableError */
  function refreshAfterNow(): Promise<void> {
    nextRefresh ??= (async () => {
      try {
        await fetching;
        const last = Math.max(lastStart, failure?.at ?? lastStart);
        await sleep(Math.max(0, last + retryMs - performance.now()));
      } finally {
        nextRefresh = undefined;
      }
      await refreshOnce();
    })();
    return nextRefresh;
  }

  return {
    async find(kid) {
      const calledAt = performance.now();
      const { keys, fetchedAt } = await usableKeys();
      if (keys.has(kid) || fetchedAt >= calledAt) return keys.get(kid);
      await refreshAfterNow();
      return cached?.keys.get(kid);
    },
  };
}
