import { type Database, type Queries, sha256 } from "@marquee/service-kit";
import type { User } from "../accounts/accounts.ts";
import {
  generateSecret,
  isSecret,
  type Session,
  type SessionWithUserRow,
  sessionWithUserColumns,
  splitRow,
} from "./session.ts";

/**
 * An API session. The refresh token is `mrt_` and 256 random bits in base64url; secret scanners recognize the prefix.
 */
export interface ApiLogin {
  session: Session;
  refreshToken: string;
}

export type RefreshedLogin = ApiLogin & { user: User };

export const newRefreshToken = () => `mrt_${generateSecret()}`;
export const isRefreshToken = (text: string) =>
  text.startsWith("mrt_") && isSecret(text.slice(4));

interface RefreshOptions {
  idleSeconds: number;
  absoluteSeconds: number;
  onReuse?: ((sessionId: string) => void) | undefined;
}

/**
 * Implements `Sessions.refresh`. There is no grace period: a client that loses the response or uses a token twice must
 * log in again, because it can't be distinguished from a thief.
 */
export const createRefresh =
  (
    database: Database,
    { idleSeconds, absoluteSeconds, onReuse }: RefreshOptions,
  ) =>
  async (refreshToken: string): Promise<RefreshedLogin | undefined> => {
    if (!isRefreshToken(refreshToken)) return undefined;
    const hash = sha256(refreshToken);
    const outcome = await database.transaction(async (tx) => {
      const session = await lockSession(tx, hash);
      if (session === undefined) return undefined;
      if (await markUsed(tx, hash))
        return issueNext(tx, session, { idleSeconds, absoluteSeconds });
      return (await endSessionIfUsed(tx, hash))
        ? { reused: session }
        : undefined;
    });
    if (outcome === undefined || "session" in outcome) return outcome;
    onReuse?.(outcome.reused);
    return undefined;
  };

/** Locks the token's session, which serializes the use of all its tokens until the transaction ends. */
async function lockSession(
  tx: Queries,
  hash: Buffer,
): Promise<string | undefined> {
  const [session] = await tx.query<{ id: string }>(
    `SELECT id FROM sessions
     WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1)
     FOR UPDATE`,
    [hash],
  );
  return session?.id;
}

/** Marks the token as used. @returns false if it was used before or has expired */
async function markUsed(tx: Queries, hash: Buffer): Promise<boolean> {
  const used = await tx.query(
    `UPDATE refresh_tokens SET used_at = now()
     WHERE hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING 1`,
    [hash],
  );
  return used.length > 0;
}

/** Issues the next token and extends the session. */
async function issueNext(
  tx: Queries,
  sessionId: string,
  { idleSeconds, absoluteSeconds }: RefreshOptions,
): Promise<RefreshedLogin | undefined> {
  const refreshToken = newRefreshToken();
  const [found] = await tx.query<SessionWithUserRow>(
    `WITH s AS (
       UPDATE sessions SET last_used_at = now(),
         expires_at = least(now() + make_interval(secs => $2), created_at + make_interval(secs => $3))
       WHERE id = $1 AND expires_at > now()
       RETURNING *
     ), token AS (
       INSERT INTO refresh_tokens (hash, session_id, expires_at)
       SELECT $4, id, expires_at FROM s
     )
     SELECT ${sessionWithUserColumns} FROM s JOIN users u ON u.id = s.user_id`,
    [sessionId, idleSeconds, absoluteSeconds, sha256(refreshToken)],
  );
  return found && { ...splitRow(found), refreshToken };
}

/** Ends the session if the token was used before. An expired, unused token is not a sign of theft. */
async function endSessionIfUsed(tx: Queries, hash: Buffer): Promise<boolean> {
  const ended = await tx.query(
    `DELETE FROM sessions WHERE id =
       (SELECT session_id FROM refresh_tokens WHERE hash = $1 AND used_at IS NOT NULL)
     RETURNING 1`,
    [hash],
  );
  return ended.length > 0;
}
