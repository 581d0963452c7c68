import type { Queries } from "@marquee/service-kit";

/** A session that has ended while access tokens of it may still be valid. In the API's names. */
export interface RevokedSession {
  id: string;
  /** Seconds after which no access token of it is valid. */
  expires_in: number;
  account_deleted: boolean;
}

export interface Revocations {
  /** For the next call. */
  cursor: string;
  /** Those that expire first come first. */
  sessions: RevokedSession[];
}

/** Of more sessions, those that were revoked first are left out. Readers keep as many. */
const maxSessions = 50_000;

/**
 * The sessions that were revoked since an earlier call, some of them once more.
 *
 * The cursor is the oldest transaction that was still running: what it and later ones revoke may become visible after
 * this call. With a sequence or a timestamp, a session whose transaction commits late would be skipped. The order by
 * transaction makes PostgreSQL read the index from the cursor on, so that a call costs what it finds, however long the
 * list is.
 * @param after the earlier call's cursor. A database that was restored on another server may be behind it: then it is
 *   ignored. @default none: all revoked sessions
 * @throws DatabaseUnavailableError
 */
export async function listRevocations(
  database: Queries,
  after = "0",
): Promise<Revocations> {
  const [answer] = await database.query<Revocations>(
    `WITH current AS (SELECT pg_current_snapshot() AS snapshot),
     newest AS (
       SELECT session_id, expires_at, account_deleted FROM revoked_sessions
       WHERE expires_at > now() AND transaction_id >=
         (SELECT CASE WHEN $1::xid8 > pg_snapshot_xmax(snapshot) THEN '0' ELSE $1::xid8 END FROM current)
       ORDER BY transaction_id DESC LIMIT $2
     )
     SELECT (SELECT pg_snapshot_xmin(snapshot)::text FROM current) AS cursor,
       coalesce(
         json_agg(json_build_object(
           'id', session_id,
           'expires_in', ceil(extract(epoch FROM expires_at - now()))::int,
           'account_deleted', account_deleted
         ) ORDER BY expires_at),
         '[]'
       ) AS sessions
     FROM newest`,
    [after, maxSessions],
  );
  return answer as Revocations; // an aggregate always has a row
}
