import type { Queries } from "@marquee/service-kit";

/** A session that ended before its access tokens expire. Has the API's field names. */
export interface RevokedSession {
  id: string;
  /** Seconds until all its access tokens have expired. */
  expires_in: number;
  account_deleted: boolean;
}

export interface Revocations {
  /** Pass this to the next call. */
  cursor: string;
  /** Ordered by expiry, soonest first. */
  sessions: RevokedSession[];
}

/** If more are revoked, the oldest are omitted. Readers keep the same number. */
const maxSessions = 50_000;

/**
 * Lists the sessions revoked since an earlier call. Some may be listed again.
 *
 * The cursor is the oldest transaction that was still running: what it and later ones revoke may become visible after
 * this call. With a sequence or a timestamp, a session whose transaction commits late would be skipped. Ordering by
 * transaction lets PostgreSQL read the index from the cursor on, so that the cost depends on the result's size alone.
 * @param after the earlier call's cursor. Ignored if it is ahead of the database, for example after a restore on
 *   another server. @default "0", which lists all revoked sessions
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
