import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { logger } from "../observability/logger.ts";
import { untilAvailable } from "./availability.ts";
import type { Database, Queries } from "./database.ts";
import { codeOf, DatabaseUnavailableError } from "./errors.ts";
import {
  type Applied,
  compare,
  type Migration,
  MigrationError,
  readMigrations,
} from "./migration-files.ts";

/** Milliseconds between two looks whether the replica that migrates has ended. */
const pollMs = 250;

/** How a migration gets its locks. */
export interface LockRetries {
  /**
   * Milliseconds that a statement waits for one. All who come after it wait behind it: rather than hold them up for as long
   * as somebody's transaction lasts, it gives up and comes again.
   */
  timeoutMs: number;
  /** Milliseconds until it comes again: what it held up goes on meanwhile. */
  pauseMs: number;
  /** How often it comes. */
  maxAttempts: number;
}

const defaultLockRetries: LockRetries = {
  timeoutMs: 5_000,
  pauseMs: 5_000,
  maxAttempts: 5,
};

/**
 * Brings the database up to date: applies, in order, the folder's NNNN-name.sql that are not applied yet, each in a
 * transaction of its own. Replicas that start at once take turns. While the database is away, it waits, for ever.
 *
 * There is no way back: what went wrong is put right by one more migration. A database that is ahead, as a newer version of
 * the program was there, is left as it is; so what a migration makes must do for the version before it, too.
 * @throws MigrationFailed; nothing of the migration that it names is done, and those before it are
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
          { statementTimeoutMs: 0 }, // an index of a large table takes its time
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

/** Somebody's transaction holds what a migration changes. */
class LockTimeoutError extends MigrationError {
  constructor(path: string, ms: number) {
    super(
      `${path} got no lock within ${ms / 1000} s: another transaction holds what it changes. pg_stat_activity shows which.`,
    );
  }
}

const lockNotAvailable = "55P03";

const logMessages = {
  busy: "another replica migrates the database",
  applied: "a migration was applied",
  done: "the database is up to date",
  ahead: "the database is ahead: a newer version of this program was here",
};

/** Applies the next migration, if it is this replica's turn and there is one. */
async function step(
  tx: Queries,
  migrations: readonly Migration[],
  locks: LockRetries,
): Promise<{
  state: keyof typeof logMessages;
  migration?: string;
  ahead?: string[];
}> {
  // Until the transaction ends, however it does: a replica that is gone keeps nobody waiting. Locks are each database's own.
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
  // A file may SET what would outlive it on this connection; dumps begin with an empty search_path.
  await tx.query("RESET ALL");
  await tx.query("INSERT INTO migrations (name, sha256) VALUES ($1, $2)", [
    name,
    sha256,
  ]);
}

/** What PostgreSQL refused, in words for who wrote it; any other error as it is. */
function failure(what: string, error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const hint = error.hint ? ` (${error.hint})` : "";
  return new MigrationError(`${what}: ${error.message}${hint}`);
}

/** ":line:column" of an error in a text, where PostgreSQL says it. */
function placeIn(sql: string, error: unknown): string {
  const { position } = error as { position?: string };
  if (position === undefined) return "";
  const before = [...sql].slice(0, Number(position) - 1); // characters, not UTF-16
  const column = before.length - before.lastIndexOf("\n");
  return `:${before.filter((character) => character === "\n").length + 1}:${column}`;
}
