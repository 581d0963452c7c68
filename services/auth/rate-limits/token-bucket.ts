import { createHash } from "node:crypto";
import type { Queries } from "@marquee/service-kit";

/** A bucket of tokens: each attempt takes one, and they come back one by one. */
export interface RateLimit {
  /** Buckets of limits with different names have nothing to do with each other. */
  name: string;
  /** Tokens that a full bucket has. */
  burst: number;
  /** Seconds until one comes back. */
  intervalSeconds: number;
}

export type TakeResult =
  | { allowed: true }
  /** Seconds, whole, at least 1. */
  | { allowed: false; retryAfterSeconds: number };

/** Buckets that all replicas share. Every function throws DatabaseAway while the database is away. */
export interface TokenBuckets {
  /** Takes a token of the bucket that this key has, if there is one. */
  take(limit: RateLimit, key: readonly string[]): Promise<TakeResult>;
  /** Puts a token back that was taken. */
  giveBack(limit: RateLimit, key: readonly string[]): Promise<void>;
}

/**
 * The generic cell rate algorithm (ITU-T I.371) in one statement: a row holds the time at which its bucket will be full. Of
 * two that take the last token at the same time, PostgreSQL lets the second wait for the first, and it gets none. Who is
 * refused writes nothing.
 */
export function createTokenBuckets(database: Queries): TokenBuckets {
  return {
    async take({ name, burst, intervalSeconds }, key) {
      const [row] = await database.query<{
        allowed: boolean;
        wait: number | null;
      }>(
        `WITH taken AS (
           INSERT INTO limits (key, tat)
           VALUES ($1, statement_timestamp() + make_interval(secs => $2))
           ON CONFLICT (key) DO UPDATE
             SET tat = greatest(limits.tat, statement_timestamp()) + make_interval(secs => $2)
             WHERE limits.tat <= statement_timestamp() + make_interval(secs => $3)
           RETURNING 1
         )
         SELECT EXISTS (SELECT FROM taken) AS allowed,
           (SELECT extract(epoch FROM tat - statement_timestamp())::float8 - $3::float8
            FROM limits WHERE key = $1) AS wait`,
        [hashOf(name, key), intervalSeconds, intervalSeconds * (burst - 1)],
      );
      if (row?.allowed) return { allowed: true };
      // The row may be as it was before others took the last tokens just now: then the next comes within `every`.
      const wait = row?.wait && row.wait > 0 ? row.wait : intervalSeconds;
      return {
        allowed: false,
        retryAfterSeconds: Math.max(1, Math.ceil(wait)),
      };
    },

    async giveBack({ name, intervalSeconds }, key) {
      await database.query(
        `UPDATE limits SET tat = tat - make_interval(secs => $2)
         WHERE key = $1 AND tat > statement_timestamp()`,
        [hashOf(name, key), intervalSeconds],
      );
    },
  };
}

/** Of one size, however long the key is, and without the addresses that it is made of. */
const hashOf = (name: string, key: readonly string[]) =>
  createHash("sha256")
    .update(JSON.stringify([name, ...key]))
    .digest();
