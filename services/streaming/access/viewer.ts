import { createHash } from "node:crypto";
import {
  type AccessTokens,
  AuthUnavailableError,
  InvalidTokenError,
  logger,
  SessionEndedError,
} from "@marquee/service-kit";
import { LRUCache } from "lru-cache";
import type { AuthClient } from "../clients/auth.ts";

/** The user who makes a request. */
export interface Viewer {
  /** Auth's user id: a UUID. */
  userId: string;
  /** The user's access token, for requests to other services. Must not be logged. */
  token: string;
}

export interface Viewers {
  /** The viewer with this access token. @throws InvalidTokenError; AuthUnavailableError */
  byToken(token: string): Promise<Viewer>;
  /** The viewer with this session cookie; undefined if the session has ended. @throws AuthUnavailableError */
  bySession(cookie: string): Promise<Viewer | undefined>;
  /** Drops a cached session: it is about to change. */
  forgetSession(cookie: string): void;
  /** Whether the viewer's account still exists. @throws AuthUnavailableError */
  exists(viewer: Viewer): Promise<boolean>;
  /** The viewer's email address for display; undefined if auth can't tell now, because no page should fail for that. */
  emailOf(viewer: Viewer): Promise<string | undefined>;
}

export interface ViewersOptions {
  auth: AuthClient;
  /** Verifies access tokens. */
  accessTokens: AccessTokens;
  /** How long an invalid session cookie is cached: it never becomes valid again. @default 10000 */
  invalidSessionMaxAgeMs?: number | undefined;
}

/** Remaining lifetime that a cached access token has at least, so that other services accept it. */
const minTokenLifetimeMs = 60_000;

/**
 * Identifies viewers. Each session is looked up at auth once, and cached until it ends or until shortly before its
 * access token expires.
 */
export function createViewers({
  auth,
  accessTokens,
  invalidSessionMaxAgeMs = 10_000,
}: ViewersOptions): Viewers {
  const sessions = new LRUCache<string, CachedSession>({ max: 10_000 });
  const emails = new LRUCache<string, string>({ max: 10_000, ttl: 600_000 });
  const pending = new Map<string, Promise<Viewer | undefined>>();

  async function lookUp(cookie: string, key: string) {
    const token = await auth.accessTokenOf(cookie);
    const verified = token === undefined ? undefined : await verify(token);
    if (token === undefined || !verified) return cacheInvalid(key);
    const { userId, sessionId, expiresAt } = verified;
    const viewer = { userId, token };
    const lifetimeMs = expiresAt.getTime() - Date.now();
    const ttl = Math.floor(lifetimeMs - minTokenLifetimeMs);
    if (ttl > 0) sessions.set(key, { viewer, sessionId }, { ttl });
    return viewer;
  }

  function cacheInvalid(key: string): undefined {
    sessions.set(key, { viewer: undefined }, { ttl: invalidSessionMaxAgeMs });
  }

  /**
   * Returns the claims of a token that auth has just issued; undefined if its session has ended since. Any other
   * rejection means that auth's ISSUER differs from ours.
   * @throws AuthUnavailableError
   */
  const verify = (token: string) =>
    accessTokens.verify(token).catch((error) => {
      if (error instanceof SessionEndedError) return undefined;
      if (!(error instanceof InvalidTokenError)) throw error;
      throw new AuthUnavailableError(error);
    });

  return {
    async byToken(token) {
      const { userId } = await accessTokens.verify(token);
      return { userId, token };
    },

    async bySession(cookie) {
      const key = keyOf(cookie);
      const cached = sessions.get(key);
      if (cached && !cached.viewer) return undefined;
      if (cached?.viewer)
        return (await accessTokens.hasEnded(cached.sessionId))
          ? cacheInvalid(key)
          : cached.viewer;
      let lookup = pending.get(key);
      if (!lookup) {
        lookup = lookUp(cookie, key).finally(() => pending.delete(key));
        pending.set(key, lookup);
      }
      return lookup;
    },

    forgetSession: (cookie) => {
      sessions.delete(keyOf(cookie));
    },

    exists: ({ token }) => auth.accountExists(token),

    async emailOf({ userId, token }) {
      const cached = emails.get(userId);
      if (cached !== undefined) return cached;
      try {
        const email = await auth.emailOf(token);
        if (email !== undefined) emails.set(userId, email);
        return email;
      } catch (err) {
        logger.warn({ err }, "can't look up a viewer's email address");
        return undefined;
      }
    },
  };
}

type CachedSession =
  | { viewer: Viewer; sessionId: string }
  | { viewer: undefined };

/** Cookies are stored as hashes, so that a memory dump contains no usable session. */
const keyOf = (cookie: string) =>
  createHash("sha256").update(cookie).digest("base64url");
