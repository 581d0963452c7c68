import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { logger } from "../observability/logger.ts";
import { untilAvailable } from "./availability.ts";
import type { Database } from "./database.ts";
import { codeOf, DatabaseUnavailableError } from "./errors.ts";
import {
  type Applied,
  compare,
  type Migration,
  MigrationError,
  readMigrations,
} from "./migration-files.ts";
import type { Queries } from "./queries.ts";

/** Pause between two checks whether the replica that migrates has finished. */
const pollMs = 250;

export interface LockRetries {
  /**
   * lock_timeout of a migration's statements. Later statements queue behind the one that waits for a lock: giving up
   * and retrying keeps another client's long transaction from blocking them all.
   */
  timeoutMs: number;
  /** Pause before the next attempt, in which the queued statements run. */
  pauseMs: number;
  maxAttempts: number;
}

const defaultLockRetries: LockRetries = {
  timeoutMs: 5_000,
  pauseMs: 5_000,
  maxAttempts: 5,
};

/**
 * Applies the folder's pending migrations (NNNN-name.sql) in order, each in its own transaction. Replicas that start at
 * the same time take turns. Waits without limit while the database is unavailable.
 *
 * There are no down migrations: a mistake is fixed by a further migration. If a newer version of the program has
 * already migrated the database, nothing is done: each migration must keep the previous version working.
 * @throws MigrationError naming the migration that failed. It is rolled back; the ones before it stay applied
 */
export async function migrate(
  database: Database,
  folder: string,
  locks: LockRetries = defaultLockRetries,
): Promise<void> {
  const migrations = readMigrations(folder);
  for (let noLock = 0; ; )
    try {
      const { state, ...what } = await untilAvailable(() =>
        database.transaction(
          (tx) => step(tx, migrations, locks),
          { statementTimeoutMs: 0 }, // creating an index on a large table is slow
        ),
      );
      logger[state === "busy" ? "debug" : "info"](what, logMessages[state]);
      if (state === "busy") await delay(pollMs);
      else if (state === "applied") noLock = 0;
      else return;
    } catch (error) {
      if (!(error instanceof LockTimeoutError) || ++noLock >= locks.maxAttempts)
        throw error;
      logger.warn(error.message);
      await delay(locks.pauseMs);
    }
}

/** Another transaction holds a lock that the migration needs. */
class LockTimeoutError extends MigrationError {
  constructor(path: string, ms: number) {
    super(
      `${path} could not get a lock within ${ms / 1000} s: another transaction holds it (see pg_stat_activity).`,
    );
  }
}

const lockNotAvailable = "55P03";

const logMessages = {
  busy: "another replica is migrating the database",
  applied: "a migration was applied",
  done: "the database is up to date",
  ahead:
    "the database is ahead: a newer version of this program has migrated it",
};

/** Applies the next pending migration, unless another replica is migrating. */
async function step(
  tx: Queries,
  migrations: readonly Migration[],
  locks: LockRetries,
): Promise<{
  state: keyof typeof logMessages;
  migration?: string;
  ahead?: string[];
}> {
  // Released when the transaction ends, so a dead replica blocks no other one. Advisory locks are per database.
  const [lock] = await tx.query<{ mine: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtext('migrations')) AS mine",
  );
  if (!lock?.mine) return { state: "busy" };
  const { next, ahead } = compare(migrations, await appliedIn(tx));
  if (next) {
    await apply(tx, next, locks);
    return { state: "applied", migration: next.name };
  }
  return ahead.length > 0 ? { state: "ahead", ahead } : { state: "done" };
}

async function appliedIn(tx: Queries): Promise<Applied[]> {
  try {
    await tx.query(
      `CREATE TABLE IF NOT EXISTS migrations (
        name text PRIMARY KEY,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`,
    );
    return await tx.query<Applied>(
      'SELECT name, sha256 FROM migrations ORDER BY name COLLATE "C"',
    );
  } catch (error) {
    throw failure("The table `migrations` can't be used", error);
  }
}

async function apply(
  tx: Queries,
  { name, path, sql, sha256 }: Migration,
  locks: LockRetries,
): Promise<void> {
  await tx.query(`SET LOCAL lock_timeout = ${locks.timeoutMs}`);
  try {
    await tx.query(sql);
  } catch (error) {
    if (
      error instanceof DatabaseUnavailableError &&
      codeOf(error.cause) === lockNotAvailable
    )
      throw new LockTimeoutError(path, locks.timeoutMs);
    throw failure(`${path}${placeIn(sql, error)}`, error);
  }
  // Settings of the file would outlive it on this connection: pg_dump's files start with an empty search_path.
  await tx.query("RESET ALL");
  await tx.query("INSERT INTO migrations (name, sha256) VALUES ($1, $2)", [
    name,
    sha256,
  ]);
}

/** A MigrationError for errors that PostgreSQL reports; other errors are returned unchanged. */
function failure(what: string, error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const hint = error.hint ? ` (${error.hint})` : "";
  return new MigrationError(`${what}: ${error.message}${hint}`);
}

/** The error's position as ":line:column"; "" if PostgreSQL gives none. */
function placeIn(sql: string, error: unknown): string {
  const { position } = error as { position?: string };
  if (position === undefined) return "";
  const before = [...sql].slice(0, Number(position) - 1); // characters, not UTF-16
  const column = before.length - before.lastIndexOf("\n");
  return `:${before.filter((character) => character === "\n").length + 1}:${column}`;
}
