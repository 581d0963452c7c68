import type { Queries } from "@marquee/service-kit";

/** A viewer's position in a title. */
export interface Progress {
  title: string;
  /** Seconds from the title's beginning. */
  position: number;
  /** The title's length in seconds. */
  duration: number;
  updatedAt: Date;
  /** Whether at least 95 % was watched; the rest is credits. */
  finished: boolean;
}

export interface NewProgress {
  /** Auth's user id: a UUID. */
  userId: string;
  title: string;
  /** Seconds, 0 or more; values beyond the end count as the end. */
  position: number;
  /** Seconds, more than 0. */
  duration: number;
}

const finishedSql = "position >= 0.95 * duration";
const columns = `title, position, duration, updated_at AS "updatedAt", ${finishedSql} AS finished`;

/**
 * Saves a viewer's position. The last write wins by arrival time, because devices' clocks can't be trusted.
 * @throws RangeError if position or duration is invalid; DatabaseUnavailableError
 */
export async function saveProgress(
  queries: Queries,
  { userId, title, position, duration }: NewProgress,
): Promise<void> {
  if (!(duration > 0 && Number.isFinite(duration)))
    throw new RangeError(`${duration} is not a valid duration in seconds.`);
  if (!(position >= 0))
    throw new RangeError(`${position} is not a valid position in seconds.`);
  await queries.query(
    `INSERT INTO progress (user_id, title, position, duration)
     SELECT $1::uuid, $2, $3::float8, $4::float8 WHERE NOT EXISTS (SELECT FROM deleted_users WHERE user_id = $1::uuid)
     ON CONFLICT (user_id, title) DO UPDATE SET position = EXCLUDED.position, duration = EXCLUDED.duration,
       updated_at = greatest(progress.updated_at, clock_timestamp())`,
    [userId, title, Math.min(position, duration), duration],
  );
}

/**
 * Started, unfinished titles, latest first.
 * @param limit maximum number of titles. @default 20
 * @throws DatabaseUnavailableError
 */
export const listProgress = (
  queries: Queries,
  userId: string,
  limit = 20,
): Promise<Progress[]> =>
  queries.query<Progress>(
    `SELECT ${columns} FROM progress WHERE user_id = $1 AND position > 0 AND NOT (${finishedSql})
     ORDER BY updated_at DESC, title LIMIT $2`,
    [userId, limit],
  );

/** The viewer's position in a title; undefined if never started. @throws DatabaseUnavailableError */
export async function findProgress(
  queries: Queries,
  userId: string,
  title: string,
): Promise<Progress | undefined> {
  const [found] = await queries.query<Progress>(
    `SELECT ${columns} FROM progress WHERE user_id = $1 AND title = $2`,
    [userId, title],
  );
  return found;
}

/**
 * Deletes a user's data, and blocks new data for an hour: longer than the user's access tokens remain valid.
 * @throws DatabaseUnavailableError
 */
export async function deleteUserData(
  queries: Queries,
  userId: string,
): Promise<void> {
  await queries.query(
    `WITH gone AS (INSERT INTO deleted_users (user_id) VALUES ($1) ON CONFLICT DO NOTHING),
       swept AS (DELETE FROM deleted_users WHERE deleted_at < now() - interval '1 hour' AND user_id <> $1),
       progress AS (DELETE FROM progress WHERE user_id = $1)
     DELETE FROM entitlements WHERE user_id = $1`,
    [userId],
  );
}
