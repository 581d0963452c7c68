import { type Database, sha256 } from "@marquee/service-kit";
import type { User } from "../accounts/accounts.ts";
import {
  type ApiLogin,
  createRefresh,
  isRefreshToken,
  newRefreshToken,
  type RefreshedLogin,
} from "./refresh-tokens.ts";
import {
  generateSecret,
  isSecret,
  type Session,
  type SessionWithUserRow,
  sessionColumns,
  sessionWithUserColumns,
  splitRow,
} from "./session.ts";

export interface SessionTimeouts {
  /** Idle timeout of a session, and lifetime of a refresh token. @default 30 days */
  idleSeconds: number;
  /** Maximum duration of a session. @default 90 days */
  absoluteSeconds: number;
  /** Minimum time between two updates of a page session's last use, to save writes. @default 1 hour */
  touchIntervalSeconds: number;
}

const day = 24 * 60 * 60;

export const defaultSessionTimeouts: SessionTimeouts = {
  idleSeconds: 30 * day,
  absoluteSeconds: 90 * day,
  touchIntervalSeconds: 60 * 60,
};

/** A browser session. The cookie's value is 256 random bits in base64url. */
export interface PageLogin {
  session: Session;
  cookie: string;
}

/** Every function throws DatabaseUnavailableError if the database is unavailable. */
export interface Sessions {
  /** @returns undefined if the account was deleted or its password changed after `user` was read */
  openPage(user: User): Promise<PageLogin | undefined>;
  /** @returns undefined in the same cases as `openPage` */
  openApi(user: User): Promise<ApiLogin | undefined>;
  /** Finds a cookie's session and user; undefined if the cookie is invalid or the session has ended. Counts as use. */
  findPage(
    cookie: string,
  ): Promise<{ session: Session; user: User } | undefined>;
  /**
   * Exchanges a refresh token for the next one. Only the first use succeeds; any later or concurrent use ends the
   * session, because a copy of the token must exist (RFC 9700, 4.14.2).
   * @returns undefined if the token is invalid
   */
  refresh(refreshToken: string): Promise<RefreshedLogin | undefined>;
  /** Ends a session. Other services reject its access tokens within seconds. @returns whether the session existed */
  end(sessionId: string): Promise<boolean>;
  /** Ends the session of a refresh token, used or not (RFC 7009). @returns whether the session existed */
  endByRefreshToken(refreshToken: string): Promise<boolean>;
}

export interface SessionsOptions {
  /** @default defaultSessionTimeouts */
  timeouts?: Partial<SessionTimeouts>;
  /** Called after a reused refresh token has ended its session. */
  onReuse?: (sessionId: string) => void;
}

/**
 * Locks the user's row until the end of the transaction. A concurrent password change either comes first, and no
 * session is opened, or waits and then ends the new session.
 */
const fromUnchangedUser = `FROM users WHERE id = $1 AND password_changed_at = $2 FOR SHARE`;

export function createSessions(
  database: Database,
  { timeouts, onReuse }: SessionsOptions = {},
): Sessions {
  const { idleSeconds, absoluteSeconds, touchIntervalSeconds } = {
    ...defaultSessionTimeouts,
    ...timeouts,
  };
  const initialSeconds = Math.min(idleSeconds, absoluteSeconds);

  async function end(where: string, value: unknown): Promise<boolean> {
    const ended = await database.query(
      `DELETE FROM sessions WHERE id = ${where} RETURNING id`,
      [value],
    );
    return ended.length > 0;
  }

  return {
    async openPage({ id, passwordChangedAt }) {
      const cookie = generateSecret();
      const [session] = await database.query<Session>(
        `INSERT INTO sessions AS s (user_id, kind, expires_at, cookie_hash)
         SELECT id, 'page', now() + make_interval(secs => $3), $4 ${fromUnchangedUser}
         RETURNING ${sessionColumns}`,
        [id, passwordChangedAt, initialSeconds, sha256(cookie)],
      );
      return session && { session, cookie };
    },

    async openApi({ id, passwordChangedAt }) {
      const refreshToken = newRefreshToken();
      const [session] = await database.query<Session>(
        `WITH s AS (
           INSERT INTO sessions (user_id, kind, expires_at)
           SELECT id, 'api', now() + make_interval(secs => $3) ${fromUnchangedUser}
           RETURNING *
         ), token AS (
           INSERT INTO refresh_tokens (hash, session_id, expires_at)
           SELECT $4, id, expires_at FROM s
         )
         SELECT ${sessionColumns} FROM s`,
        [id, passwordChangedAt, initialSeconds, sha256(refreshToken)],
      );
      return session && { session, refreshToken };
    },

    async findPage(cookie) {
      if (!isSecret(cookie)) return undefined;
      const [found] = await database.query<
        SessionWithUserRow & { movedTo: Date | null }
      >(
        `WITH touched AS (
           UPDATE sessions SET last_used_at = now(),
             expires_at = least(now() + make_interval(secs => $2), created_at + make_interval(secs => $3))
           WHERE cookie_hash = $1 AND expires_at > now()
             AND last_used_at <= now() - make_interval(secs => $4)
           RETURNING expires_at
         )
         SELECT ${sessionWithUserColumns}, touched.expires_at AS "movedTo"
         FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN touched ON true
         WHERE s.cookie_hash = $1 AND s.expires_at > now()`,
        [sha256(cookie), idleSeconds, absoluteSeconds, touchIntervalSeconds],
      );
      if (!found) return undefined;
      const { movedTo, ...both } = found;
      return splitRow({ ...both, expiresAt: movedTo ?? both.expiresAt });
    },

    refresh: createRefresh(database, { idleSeconds, absoluteSeconds, onReuse }),

    end: (sessionId) => end("$1", sessionId),

    endByRefreshToken: async (refreshToken) =>
      isRefreshToken(refreshToken) &&
      (await end(
        "(SELECT session_id FROM refresh_tokens WHERE hash = $1)",
        sha256(refreshToken),
      )),
  };
}
