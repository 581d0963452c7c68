import type { Database } from "@marquee/service-kit";
import type { User } from "../accounts/accounts.ts";
import { sha256 } from "../secrets.ts";
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

/** Seconds. */
export interface SessionTimeouts {
  /** How long a session lasts without being used; also a refresh token's life. @default 30 days */
  idleSeconds: number;
  /** How long it lasts however it is used. @default 90 days */
  absoluteSeconds: number;
  /** How often a page session's use is written down: `idle` is exact to so much. @default 1 hour */
  touchIntervalSeconds: number;
}

const day = 24 * 60 * 60;

export const defaultSessionTimeouts: SessionTimeouts = {
  idleSeconds: 30 * day,
  absoluteSeconds: 90 * day,
  touchIntervalSeconds: 60 * 60,
};

/** A page session: the cookie has 256 random bits, as base64url. */
export interface PageLogin {
  session: Session;
  cookie: string;
}

/** Every function throws DatabaseUnavailableError while the database is away. */
export interface Sessions {
  /** undefined if the account is gone or its password is another since `user` was read: the login is none any more. */
  openPage(user: User): Promise<PageLogin | undefined>;
  /** undefined as with `openPage`. */
  openApi(user: User): Promise<ApiLogin | undefined>;
  /** The session that a cookie is of, with its user; undefined whatever is wrong with it. Counts as use. */
  findPage(
    cookie: string,
  ): Promise<{ session: Session; user: User } | undefined>;
  /**
   * Uses a refresh token, for the next one. Of several uses of one, at the same time or later, only the first gives anything;
   * any other ends the session, since somebody has a copy (RFC 9700, 4.14.2).
   * @returns undefined if it is not valid, whatever the reason
   */
  refresh(refreshToken: string): Promise<RefreshedLogin | undefined>;
  /** Ends a session. Other services refuse its access tokens within seconds. Whether there was one. */
  end(sessionId: string): Promise<boolean>;
  /** Ends the session of a refresh token, used or not (RFC 7009). Whether there was one. */
  endByRefreshToken(refreshToken: string): Promise<boolean>;
}

export interface SessionsOptions {
  /** @default sessionTimes */
  timeouts?: Partial<SessionTimeouts>;
  /** Told when a used refresh token was used again, so that somebody has a copy; the session has been ended. */
  onReuse?: (sessionId: string) => void;
}

/** Locked until the end of the transaction, so that a change of the password waits and then sees the session, or comes first. */
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
