import * as z from "zod";
import { logger } from "../observability/logger.ts";
import {
  type Fetch,
  fetchText,
  parseJson,
  UnexpectedStatusError,
} from "./fetch-text.ts";

export interface RevocationTimings {
  /** Age of the list at which it is refreshed in the background. @default 2 */
  refreshAfterSeconds: number;
  /** Age at which callers wait for the refresh. Older revocations are never missed. @default 4 */
  waitAfterSeconds: number;
  /** @default 1 */
  timeoutSeconds: number;
  /** Pause after a failed fetch. @default 1 */
  retrySeconds: number;
  /** Pause after a 404: an older version of auth has no such list. @default 60 */
  retryWithoutListSeconds: number;
}

export const defaultRevocationTimings: RevocationTimings = {
  refreshAfterSeconds: 2,
  waitAfterSeconds: 4,
  timeoutSeconds: 1,
  retrySeconds: 1,
  retryWithoutListSeconds: 60,
};

interface Revocation {
  /** The session ended because its account was deleted. */
  accountDeleted: boolean;
}

export interface Revocations {
  /** undefined if the session is not known to have ended. */
  find(sessionId: string): Promise<Revocation | undefined>;
}

export interface RevocationsOptions {
  fetch: Fetch;
  timings: RevocationTimings;
  /** Maximum number of sessions; those that expire first are dropped. @default 50000, as many as auth lists */
  capacity?: number;
  /** A monotonic clock, in seconds. @default performance.now */
  now?: () => number;
}

/** 50,000 sessions of less than 120 bytes each. */
const maxBytes = 6_000_000;

const RevocationsJson = z.object({
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
 * Caches the sessions that auth has revoked. Auth's load does not grow with the number of requests: each pod that
 * verifies tokens fetches the changes once per `refreshAfterSeconds`.
 *
 * While auth is unreachable, callers don't wait and the last list stays in use, so that viewers can continue to watch.
 * Access tokens of sessions that end in the meantime are then accepted until they expire. The same holds if auth has no
 * such list.
 */
export function createRevocations(
  url: string,
  options: RevocationsOptions,
): Revocations {
  const { fetch, timings, capacity = 50_000 } = options;
  const now = options.now ?? (() => performance.now() / 1000);
  /** By session id, in the order in which they expire. */
  const revoked = new Map<string, Revocation & { expiresAt: number }>();
  let cursor: string | undefined;
  /** When the last successful fetch started. */
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
      const { timeoutSeconds } = timings;
      const answer = await fetchRevocations(url + query, {
        fetch,
        timeoutSeconds,
      });
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
    const status =
      err instanceof UnexpectedStatusError ? err.status : undefined;
    if (status === 400 || status === 422) cursor = undefined; // of another auth database
    const hasList = status !== 404;
    retryAt =
      now() +
      (hasList ? timings.retrySeconds : timings.retryWithoutListSeconds);
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

  function keep(
    sessions: z.infer<typeof RevocationsJson>["sessions"],
    at: number,
  ) {
    for (const [id, { expiresAt }] of revoked)
      if (expiresAt <= at) revoked.delete(id);
    for (const { id, expires_in, account_deleted } of sessions) {
      revoked.delete(id); // `set` appends it
      const expiresAt = now() + expires_in;
      revoked.set(id, { accountDeleted: account_deleted, expiresAt });
    }
    if (revoked.size >= capacity && !isFull)
      logger.warn(
        { capacity },
        "too many sessions were revoked at once: access tokens of those that are dropped are accepted until they expire",
      );
    isFull = revoked.size >= capacity;
    for (const id of revoked.keys()) {
      if (revoked.size <= capacity) break;
      revoked.delete(id);
    }
  }

  return {
    async find(sessionId) {
      const age = now() - listedAt;
      if (age >= timings.refreshAfterSeconds && now() >= retryAt) {
        fetching ??= refresh().finally(() => {
          fetching = undefined;
        });
        if (age >= timings.waitAfterSeconds && failure === undefined)
          await fetching;
      }
      return revoked.get(sessionId);
    },
  };
}

async function fetchRevocations(
  url: string,
  options: { fetch: Fetch; timeoutSeconds: number },
): Promise<z.infer<typeof RevocationsJson>> {
  const accept = "application/json";
  const { text } = await fetchText(url, {
    ...options,
    maxBytes,
    accept,
  });
  const answer = RevocationsJson.safeParse(parseJson(text));
  if (answer.success) return answer.data;
  throw new Error(`${url} did not respond with revoked sessions`, {
    cause: answer.error,
  });
}
