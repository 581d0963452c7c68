import { type Database, logger } from "@marquee/service-kit";
import { LRUCache } from "lru-cache";
import type { Entitlement } from "./entitlement.ts";

/**
 * How long payment's last answer is valid while payment is unavailable. A night-long outage cuts off no paying viewer,
 * and a viewer who cancels during it watches for at most half a day longer.
 */
const countsFor = 12;

/** An unchanged answer is written again after this time, so that all replicas know how recent it is. */
const writtenAgain = 60;

/** Payment's last answers about entitlements, stored in the database for all replicas. */
export interface Remembered {
  /**
   * Saves an answer in the background: callers never wait for the database and don't notice its failures. Unchanged
   * answers are written at most once a minute.
   * @param ageMs milliseconds since payment was asked
   */
  keep(userId: string, answer: Entitlement, age: number): void;
  /** The last answer, if it was positive and still counts. Falls back to this process's memory without the database. */
  recall(userId: string): Promise<Entitlement | undefined>;
  /** Resolves when pending writes are done. Call it before closing the database. */
  settled(): Promise<void>;
}

interface Known {
  answer: Entitlement;
  /** JSON of the answer, to detect changes. */
  text: string;
  /** Per performance.now(). */
  askedAt: number;
  writtenAt?: number;
}

/** @param maxUsers number of users whose answers this process caches. @default 10000 */
export function createRemembered(
  database: Database,
  most = 10_000,
): Remembered {
  const known = new LRUCache<string, Known>({ max: most });
  const writing = new Set<Promise<void>>();

  async function write(userId: string, now: Known, age: number) {
    const { answer } = now;
    const { entitled, status, plan = null, until = null } = answer;
    try {
      await database.query(entitled ? upsert : update, [
        ...[userId, entitled, status, plan, until],
        age / 1000,
      ]);
      now.writtenAt = performance.now();
    } catch (err) {
      logger.warn({ err }, "can't save an entitlement");
    }
  }

  return {
    keep(userId, answer, age) {
      const before = known.get(userId);
      const now = performance.now();
      const next: Known = {
        answer,
        text: JSON.stringify(answer),
        askedAt: now - age,
      };
      const written = before?.text === next.text ? before.writtenAt : undefined;
      if (written !== undefined) next.writtenAt = written;
      known.set(userId, next);
      if (written !== undefined && now - written < 1000 * writtenAgain) return;
      const done = write(userId, next, age).finally(() => writing.delete(done));
      writing.add(done);
    },

    async recall(userId) {
      try {
        const [found] = await database.query<Row>(select, [userId, countsFor]);
        return found && { entitled: true, ...withoutNull(found) };
      } catch (err) {
        logger.warn({ err }, "can't read a saved entitlement");
        return counting(known.get(userId));
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
  ...{ status, until },
  ...(plan !== null && { plan }),
});

/** The cached answer, under the same conditions as `select`. */
function counting(known: Known | undefined): Entitlement | undefined {
  if (!known?.answer.entitled) return undefined;
  const { answer, askedAt } = known;
  const recent = performance.now() - askedAt < countsFor * 3_600_000;
  const until = answer.until?.getTime() ?? 0;
  return recent && until > Date.now() ? answer : undefined;
}

// Uses the database's clock, so that replicas agree. An answer older than the stored one is not written.
const askedAt = "now() - $6::float8 * interval '1 second'";
const upsert = `INSERT INTO entitlements (user_id, entitled, status, plan, until, asked_at)
  SELECT $1::uuid, $2::boolean, $3, $4, $5::timestamptz, ${askedAt}
  WHERE NOT EXISTS (SELECT FROM deleted_users WHERE user_id = $1::uuid)
  ON CONFLICT (user_id) DO UPDATE SET entitled = EXCLUDED.entitled, status = EXCLUDED.status, plan = EXCLUDED.plan,
    until = EXCLUDED.until, asked_at = EXCLUDED.asked_at
  WHERE entitlements.asked_at <= EXCLUDED.asked_at`;
const update = `UPDATE entitlements SET entitled = $2, status = $3, plan = $4, until = $5, asked_at = ${askedAt}
  WHERE user_id = $1 AND asked_at <= ${askedAt}`;
const select = `SELECT status, plan, until FROM entitlements
  WHERE user_id = $1 AND entitled AND until > now() AND asked_at > now() - $2::int * interval '1 hour'`;
