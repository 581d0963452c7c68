import { type Database, logger } from "@marquee/service-kit";
import { LRUCache } from "lru-cache"; // a map that forgets what was not used for the longest time; it depends on nothing
import type { Entitlement } from "./entitlement.ts";

/**
 * Hours that an answer of payment's counts while payment is away. People who watch in the evening have been asked about when they
 * began; an outage of a night cuts off nobody who pays, and who cancels meanwhile watches for half a day more at most.
 */
const countsFor = 12;

/** Seconds until the same answer is written again: that long after each other, replicas know that it was asked. */
const writtenAgain = 60;

/** What payment last said of who may watch, where every replica finds it. */
export interface Remembered {
  /**
   * Keeps an answer, in the background: nobody waits for the database, and without it things go on. Not each one is written: only
   * what changed, or is older than a minute.
   * @param age milliseconds since payment was asked
   */
  keep(userId: string, answer: Entitlement, age: number): void;
  /** The answer that still counts, if it was that they may watch. Without the database, one that this process knows. */
  recall(userId: string): Promise<Entitlement | undefined>;
  /** Resolves when nothing is being written any more: before the database is closed. */
  settled(): Promise<void>;
}

interface Known {
  answer: Entitlement;
  /** What is the same as long as nothing changed. */
  text: string;
  /** By performance.now(). */
  askedAt: number;
  writtenAt?: number;
}

/** @param most how many people's answers this process keeps. @default 10000 */
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
      logger.warn({ err }, "an entitlement could not be kept");
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
        logger.warn({ err }, "entitlements can't be looked up");
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

/** What this process knows, as `select` has it. */
function counting(known: Known | undefined): Entitlement | undefined {
  if (!known?.answer.entitled) return undefined;
  const { answer, askedAt } = known;
  const recent = performance.now() - askedAt < countsFor * 3_600_000;
  const until = answer.until?.getTime() ?? 0;
  return recent && until > Date.now() ? answer : undefined;
}

// Times are the database's, so that replicas agree; an answer that was asked for before the one that is there is not written.
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
