import * as z from "zod";
import { logger } from "../observability/logger.ts";
import {
  type Fetch,
  fetchText,
  parsed,
  UnexpectedStatus,
} from "./fetch-text.ts";

/** Seconds. */
export interface RevocationTimes {
  /** Age of the list from which it is fetched in the background. @default 2 */
  refreshAfter: number;
  /** Age from which callers wait for that fetch: no session is accepted that was revoked so long ago. @default 4 */
  waitAfter: number;
  /** How long a fetch may take. @default 1 */
  timeout: number;
  /** From a fetch that failed to the next one. @default 1 */
  pause: number;
  /** From a 404 to the next fetch: auth may be of a version that has no such list yet. @default 60 */
  pauseWithoutList: number;
}

export const revocationTimes: RevocationTimes = {
  refreshAfter: 2,
  waitAfter: 4,
  timeout: 1,
  pause: 1,
  pauseWithoutList: 60,
};

export interface Revocation {
  /** The session ended because its account was deleted. */
  accountDeleted: boolean;
}

export interface Revocations {
  /** The revocation of a session; undefined for a session that goes on, as far as is known. */
  find(sessionId: string): Promise<Revocation | undefined>;
}

export interface RevocationsOptions {
  fetch: Fetch;
  times: RevocationTimes;
  /** Sessions that are kept. Of more, those that expire first are dropped. @default 50000, as many as auth lists */
  capacity?: number;
  /** Seconds on a clock that never steps. @default performance.now */
  now?: () => number;
}

/** Bytes of an answer: 50,000 sessions of less than 120 bytes each. */
const sizeLimit = 6_000_000;

const Answer = z.object({
  cursor: z.string().min(1).max(100),
  sessions: z.array(
    z.object({
      id: z.string().max(100),
      expires_in: z.number(),
      account_deleted: z.boolean(),
    }),
  ),
});

/**
 * The sessions that auth has revoked, kept in memory. Auth's load does not grow with requests: each pod asks for what
 * is new once in `refreshAfter`, and only while it verifies tokens.
 *
 * While auth can't be reached, callers do not wait and the last list serves: people who watch go on watching, and
 * access tokens of sessions that end meanwhile are accepted until they expire. So they are with an auth that has no
 * such list.
 */
export function createRevocations(
  url: string,
  options: RevocationsOptions,
): Revocations {
  const { fetch, times, capacity = 50_000 } = options;
  const now = options.now ?? (() => performance.now() / 1000);
  /** By the session's id; those that expire first come first. */
  const kept = new Map<string, Revocation & { expiresAt: number }>();
  let cursor: string | undefined;
  /** When the last fetch that succeeded began. */
  let listedAt = Number.NEGATIVE_INFINITY;
  let failure: string | undefined;
  let retryAt = Number.NEGATIVE_INFINITY;
  let isFull = false;
  let fetching: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    const began = now();
    try {
      const query =
        cursor === undefined ? "" : `?after=${encodeURIComponent(cursor)}`;
      const { timeout } = times;
      const answer = await fetchAnswer(url + query, { fetch, timeout });
      keep(answer.sessions, began);
      cursor = answer.cursor;
      listedAt = began;
      if (failure !== undefined)
        logger.info({ url }, "auth's revoked sessions can be listed again");
      failure = undefined;
    } catch (err) {
      failed(err);
    }
  }

  function failed(err: unknown): void {
    const status = err instanceof UnexpectedStatus ? err.status : undefined;
    if (status === 400 || status === 422) cursor = undefined; // another auth's
    const hasList = status !== 404;
    retryAt = now() + (hasList ? times.pause : times.pauseWithoutList);
    const message = hasList
      ? "auth's revoked sessions can't be listed"
      : "auth has no list of revoked sessions";
    if (failure !== message)
      logger.warn(
        { err, url },
        `${message}: access tokens of sessions that end are accepted until they expire`,
      );
    failure = message;
  }

  function keep(sessions: z.infer<typeof Answer>["sessions"], at: number) {
    for (const [id, { expiresAt }] of kept)
      if (expiresAt <= at) kept.delete(id);
    for (const { id, expires_in, account_deleted } of sessions) {
      kept.delete(id); // to the end
      const expiresAt = now() + expires_in;
      kept.set(id, { accountDeleted: account_deleted, expiresAt });
    }
    if (kept.size >= capacity && !isFull)
      logger.warn(
        { capacity },
        "too many sessions were revoked at once: access tokens of those that are dropped are accepted until they expire",
      );
    isFull = kept.size >= capacity;
    for (const id of kept.keys()) {
      if (kept.size <= capacity) break;
      kept.delete(id);
    }
  }

  return {
    async find(sessionId) {
      const age = now() - listedAt;
      if (age >= times.refreshAfter && now() >= retryAt) {
        fetching ??= refresh().finally(() => {
          fetching = undefined;
        });
        if (age >= times.waitAfter && failure === undefined) await fetching;
      }
      return kept.get(sessionId);
    },
  };
}

async function fetchAnswer(
  url: string,
  options: { fetch: Fetch; timeout: number },
): Promise<z.infer<typeof Answer>> {
  const accept = "application/json";
  const { text } = await fetchText(url, { ...options, sizeLimit, accept });
  const answer = Answer.safeParse(parsed(text));
  if (answer.success) return answer.data;
  throw new Error(`${url} answered something else than revoked sessions`, {
    cause: answer.error,
  });
}
