import { createHash } from "node:crypto";
import type { Queries } from "@marquee/service-kit";

/** A token bucket: each attempt takes a token, and tokens are refilled at a constant rate. */
export interface RateLimit {
  /** Limits with different names have separate buckets. */
  name: string;
  /** Capacity of the bucket. */
  burst: number;
  /** Seconds to refill one token. */
  intervalSeconds: number;
}

type TakeResult =
  | { allowed: true }
  /** A whole number, at least 1. */
  | { allowed: false; retryAfterSeconds: number };

/** Token buckets shared by all replicas. Every function throws DatabaseUnavailableError. */
export interface TokenBuckets {
  /** Takes a token from this key's bucket unless it is empty. */
  take(limit: RateLimit, key: readonly string[]): Promise<TakeResult>;
  /** Returns a token to the bucket. */
  giveBack(limit: RateLimit, key: readonly string[]): Promise<void>;
}

/**
 * The generic cell rate algorithm (ITU-T I.371) in one statement. A row holds the time at which the bucket is full
 * again (the theoretical arrival time). The row lock serializes concurrent attempts. Rejected attempts write nothing.
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
      // The statement's snapshot may predate concurrent attempts that emptied the bucket. The next token is then due
      // within one interval.
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

/** Hashed, for a fixed size and so that the table contains no email or IP addresses. */
const hashOf = (name: string, key: readonly string[]) =>
  createHash("sha256")
    .update(JSON.stringify([name, ...key]))
    .digest();
