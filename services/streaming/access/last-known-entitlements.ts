import { type Database, logger } from "@marquee/service-kit";
import { LRUCache } from "lru-cache";
import type { Entitlement } from "./entitlement.ts";

/**
 * How long payment's last answer is valid while payment is unavailable. A night-long outage cuts off no paying viewer,
 * and a viewer who cancels during it watches for at most half a day longer.
 */
const validHours = 12;

/** An unchanged answer is written again after this time, so that all replicas know how recent it is. */
const rewriteSeconds = 60;

/** Payment's last answers about entitlements, stored in the database for all replicas. */
export interface LastKnownEntitlements {
  /**
   * Saves an answer in the background: callers never wait for the database and don't notice its failures. Unchanged
   * answers are written at most once a minute.
   * @param ageMs milliseconds since payment was asked
   */
  save(userId: string, answer: Entitlement, ageMs: number): void;
  /** The last answer, if it was positive and still counts. Falls back to this process's memory without the database. */
  get(userId: string): Promise<Entitlement | undefined>;
  /** Resolves when pending writes are done. Call it before closing the database. */
  settled(): Promise<void>;
}

interface CachedAnswer {
  answer: Entitlement;
  /** JSON of the answer, to detect changes. */
  json: string;
  /** Per performance.now(). */
  askedAt: number;
  writtenAt?: number;
}

/** The number of users whose answers a process caches. */
const maxUsers = 10_000;

export function createLastKnownEntitlements(
  database: Database,
): LastKnownEntitlements {
  const cache = new LRUCache<string, CachedAnswer>({ max: maxUsers });
  const writing = new Set<Promise<void>>();

  async function write(userId: string, entry: CachedAnswer, ageMs: number) {
    const { answer } = entry;
    const { entitled, status, plan = null, until = null } = answer;
    try {
      await database.query(entitled ? upsert : update, [
        userId,
        entitled,
        status,
        plan,
        until,
        ageMs / 1000,
      ]);
      entry.writtenAt = performance.now();
    } catch (err) {
      logger.warn({ err }, "can't save an entitlement");
    }
  }

  return {
    save(userId, answer, ageMs) {
      const before = cache.get(userId);
      const now = performance.now();
      const next: CachedAnswer = {
        answer,
        json: JSON.stringify(answer),
        askedAt: now - ageMs,
      };
      const written = before?.json === next.json ? before.writtenAt : undefined;
      if (written !== undefined) next.writtenAt = written;
      cache.set(userId, next);
      if (written !== undefined && now - written < 1000 * rewriteSeconds)
        return;
      const done = write(userId, next, ageMs).finally(() =>
        writing.delete(done),
      );
      writing.add(done);
    },

    async get(userId) {
      try {
        const [found] = await database.query<Row>(select, [userId, validHours]);
        return found && { entitled: true, ...withoutNull(found) };
      } catch (err) {
        logger.warn({ err }, "can't read a saved entitlement");
        return validAnswer(cache.get(userId));
      }
    },

    async settled() {
      await Promise.all(writing);
    },
  };
}

interface Row {
  status: string;
  plan: string | null;
  until: Date;
}

const withoutNull = ({ status, plan, until }: Row) => ({
  status,
  until,
  ...(plan !== null && { plan }),
});

/** The cached answer, under the same conditions as `select`. */
function validAnswer(
  cached: CachedAnswer | undefined,
): Entitlement | undefined {
  if (!cached?.answer.entitled) return undefined;
  const { answer, askedAt } = cached;
  const recent = performance.now() - askedAt < validHours * 3_600_000;
  const until = answer.until?.getTime() ?? 0;
  return recent && until > Date.now() ? answer : undefined;
}

// Uses the database's clock, so that replicas agree. An answer older than the stored one is not written.
const askedAtSql = "now() - $6::float8 * interval '1 second'";
const upsert = `INSERT INTO entitlements (user_id, entitled, status, plan, until, asked_at)
  SELECT $1::uuid, $2::boolean, $3, $4, $5::timestamptz, ${askedAtSql}
  WHERE NOT EXISTS (SELECT FROM deleted_users WHERE user_id = $1::uuid)
  ON CONFLICT (user_id) DO UPDATE SET entitled = EXCLUDED.entitled, status = EXCLUDED.status, plan = EXCLUDED.plan,
    until = EXCLUDED.until, asked_at = EXCLUDED.asked_at
  WHERE entitlements.asked_at <= EXCLUDED.asked_at`;
const update = `UPDATE entitlements SET entitled = $2, status = $3, plan = $4, until = $5, asked_at = ${askedAtSql}
  WHERE user_id = $1 AND asked_at <= ${askedAtSql}`;
const select = `SELECT status, plan, until FROM entitlements
  WHERE user_id = $1 AND entitled AND until > now() AND asked_at > now() - $2::int * interval '1 hour'`;
