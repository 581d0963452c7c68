import type { Queries } from "@marquee/service-kit";

/** How far somebody has come in a title. */
export interface Progress {
  title: string;
  /** Seconds from its beginning. */
  position: number;
  /** Seconds that the title has. */
  duration: number;
  updatedAt: Date;
  /** Whether it is seen: what comes after 95 % of it is credits. */
  finished: boolean;
}

export interface NewProgress {
  /** A UUID of auth's. */
  userId: string;
  title: string;
  /** Seconds, 0 or more; beyond the end is the end. */
  position: number;
  /** Seconds, more than 0. */
  duration: number;
}

const finished = "position >= 0.95 * duration";
const columns = `title, position, duration, updated_at AS "updatedAt", ${finished} AS finished`;

/**
 * Keeps how far somebody has come. Who saves last is right, by when it arrives here: what devices take for the time does not matter.
 * @throws RangeError if position or duration is none; DatabaseAway
 */
export async function saveProgress(
  queries: Queries,
  { userId, title, position, duration }: NewProgress,
): Promise<void> {
  if (!(duration > 0 && Number.isFinite(duration)))
    throw new RangeError(`A title does not have ${duration} seconds.`);
  if (!(position >= 0))
    throw new RangeError(`There is no position at ${position} seconds.`);
  await queries.query(
    `INSERT INTO progress (user_id, title, position, duration)
     SELECT $1::uuid, $2, $3::float8, $4::float8 WHERE NOT EXISTS (SELECT FROM deleted_users WHERE user_id = $1::uuid)
     ON CONFLICT (user_id, title) DO UPDATE SET position = EXCLUDED.position, duration = EXCLUDED.duration,
       updated_at = greatest(progress.updated_at, clock_timestamp())`,
    [userId, title, Math.min(position, duration), duration],
  );
}

/**
 * What somebody has begun and not finished, the latest first.
 * @param limit how many at most. @default 20
 * @throws DatabaseAway
 */
export const progressOf = (
  queries: Queries,
  userId: string,
  limit = 20,
): Promise<Progress[]> =>
  queries.query<Progress>(
    `SELECT ${columns} FROM progress WHERE user_id = $1 AND position > 0 AND NOT (${finished})
     ORDER BY updated_at DESC, title LIMIT $2`,
    [userId, limit],
  );

/** How far somebody has come in a title; undefined if they never began it. @throws DatabaseAway */
export async function positionOf(
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
 * Deletes all that is kept of somebody, and keeps nothing new of them for as long as their access tokens may still be used: an
 * hour is more than that. @throws DatabaseAway
 */
export async function forgetUser(
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
