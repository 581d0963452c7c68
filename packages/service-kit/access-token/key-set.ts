import { setTimeout as sleep } from "node:timers/promises";
import type { CryptoKey } from "jose";
import { logger } from "../observability/logger.ts";
import { AuthUnavailableError } from "./errors.ts";
import { type FetchedKeys, fetchKeys } from "./fetch-keys.ts";
import type { Fetch } from "./fetch-text.ts";

/** Seconds. */
export interface KeySetTimes {
  /** How long keys are fresh at least, whatever Cache-Control says: they are fetched twice in that time at most. @default 10 */
  leastAge: number;
  /**
   * How long keys are fresh at most, whatever Cache-Control says. Auth publishes a key an hour before it signs. A key that auth
   * takes back is used for so long. @default 300
   */
  mostAge: number;
  /**
   * How long keys that are not fresh are used on while auth can't be reached: it may be that only we can't reach it, and that
   * others get new tokens. Tokens end when they say so all the same; a key that auth takes back meanwhile is used on.
   * @default 24 hours
   */
  staleFor: number;
  /** From one fetch's begin, or failure, until another one for a key that is not known, or after a failure. @default 1 */
  pause: number;
  /** How long a fetch may take. @default 2 */
  timeout: number;
}

export const keySetTimes: KeySetTimes = {
  leastAge: 10,
  mostAge: 300,
  staleFor: 24 * 60 * 60,
  pause: 1,
  timeout: 2,
};

export interface KeySet {
  /**
   * The key with this id, if it is published. For one that is not known the keys are fetched again: the answer is one that
   * auth gave after the question, so that a new key is never refused; who asks for garbage waits, for `pause` at most.
   * @throws AuthUnavailableError if it can't be said
   */
  find(kid: string): Promise<CryptoKey | undefined>;
}

interface Kept {
  keys: FetchedKeys["keys"];
  /** When their fetch began, by performance.now(). */
  at: number;
  /** Milliseconds. */
  freshFor: number;
}

/**
 * The keys of a JWKS, kept. jose's createRemoteJWKSet keeps them, too, but refuses valid tokens when its fetch fails with keys that
 * are just not fresh, lets every request wait for that fetch, and fetches for each unknown key while fetches fail.
 *
 * Nothing happens by itself: a key that is asked for when the keys have half of their time behind them has them fetched in the
 * background. Keys that are not fresh (nobody asked for that long) are waited for, unless the last fetch failed: while auth
 * is away, nobody waits for it but who has a token whose key is not known.
 */
export function createKeySet(
  url: string,
  { fetch, times }: { fetch: Fetch; times: KeySetTimes },
): KeySet {
  const pause = 1000 * times.pause;
  let kept: Kept | undefined;
  let fetching: Promise<void> | undefined;
  let began = Number.NEGATIVE_INFINITY;
  /** Of the last fetch, if it failed. */
  let failure: { away: AuthUnavailableError; at: number } | undefined;

  async function fetchAndKeep(): Promise<void> {
    const at = performance.now();
    began = at;
    try {
      const { timeout, leastAge, mostAge } = times;
      const { keys, maxAge } = await fetchKeys(url, { fetch, timeout });
      const age = Math.min(mostAge, Math.max(leastAge, maxAge));
      kept = { keys, at, freshFor: 1000 * age };
      if (failure) logger.info({ url }, "auth's keys can be fetched again");
      failure = undefined;
    } catch (err) {
      if (!failure)
        logger.warn(
          { err, url },
          `auth's keys can't be fetched${kept ? "; the old ones serve" : ""}`,
        );
      failure = { away: new AuthUnavailableError(err), at: performance.now() };
      throw failure.away;
    }
  }

  /** One fetch for all who call meanwhile, and none right after a failure. @throws AuthUnavailableError */
  async function fetchOnce(): Promise<void> {
    if (!fetching) {
      if (failure && performance.now() < failure.at + pause) throw failure.away;
      fetching = fetchAndKeep().finally(() => {
        fetching = undefined;
      });
    }
    await fetching;
  }

  const inBackground = () => void fetchOnce().catch(() => {}); // it is logged

  /** The keys as fresh as they are to be. @throws AuthUnavailableError */
  async function current(): Promise<Kept> {
    const age = kept ? performance.now() - kept.at : Number.POSITIVE_INFINITY;
    const { freshFor } = kept ?? { freshFor: 0 };
    if (age > freshFor + 1000 * times.staleFor) await fetchOnce();
    else if (age > freshFor && !failure) await fetchOnce().catch(() => {});
    else if (age > freshFor / 2) inBackground();
    return kept as Kept; // by now there are some
  }

  let next: Promise<void> | undefined;
  /** Begins a fetch after it was called, one for all who call meanwhile. @throws AuthUnavailableError */
  function fetchAgain(): Promise<void> {
    next ??= (async () => {
      try {
        await fetching;
        const last = Math.max(began, failure?.at ?? began);
        await sleep(Math.max(0, last + pause - performance.now()));
      } finally {
        next = undefined;
      }
      await fetchOnce();
    })();
    return next;
  }

  return {
    async find(kid) {
      const asked = performance.now();
      const { keys, at } = await current();
      if (keys.has(kid) || at >= asked) return keys.get(kid);
      await fetchAgain();
      return kept?.keys.get(kid);
    },
  };
}
