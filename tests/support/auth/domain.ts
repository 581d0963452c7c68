import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { mock } from "node:test";
import { type Database, migrate, openDatabase } from "@marquee/service-kit";
import pg from "pg";
import type {
  Accounts,
  User,
} from "../../../services/auth/accounts/accounts.ts";
import { createAccounts } from "../../../services/auth/accounts/accounts.ts";
import { createPasswordHasher } from "../../../services/auth/passwords/password-hasher.ts";
import { readPasswordRules } from "../../../services/auth/passwords/password-rules.ts";
import { useDatabase } from "../postgres.ts";

const auth = join(import.meta.dirname, "../../../services/auth");
export const commonPasswords = join(auth, "assets/common-passwords.txt");
export const rules = readPasswordRules(commonPasswords);

/** The cheapest valid Argon2 parameters: a hash takes a fraction of a millisecond. */
export const cheap = { memoryKiB: 8, passes: 1, parallelism: 1 };

export const keyEncryptionKey = "test-key-encryption-key-of-32-chars";

export const day = 24 * 60 * 60;

/** A suite's database, as opened by each of two replicas. */
export interface Replicas {
  first: Database;
  second: Database;
}

/**
 * Creates auth's database for the calling suite, with a pool of connections for each of two replicas. It is emptied
 * before each test.
 * @param options.stopsClock fixes statement_timestamp(), so that tests of limits don't depend on their duration
 * @returns the replicas, valid once the suite runs
 */
export function useReplicas({ stopsClock = false } = {}): Replicas {
  const url = useDatabase();
  const replicas = {} as Replicas;
  before(async () => {
    if (stopsClock) await stopClock(url());
    const open = () =>
      openDatabase({
        DATABASE_URL: url(),
        DATABASE_TLS: "off",
        DATABASE_CONNECTIONS: 4,
      });
    replicas.first = open();
    replicas.second = open();
    await migrate(replicas.first, join(auth, "migrations"));
  });
  beforeEach(() =>
    replicas.first.query(
      "TRUNCATE users, revoked_sessions, signing_keys, limits CASCADE",
    ),
  );
  after(async () => {
    await replicas.first?.close();
    await replicas.second?.close();
  });
  return replicas;
}

/** Hides pg_catalog's statement_timestamp() from the role's later sessions. */
async function stopClock(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`
    CREATE SCHEMA stopped;
    CREATE FUNCTION stopped.statement_timestamp() RETURNS timestamptz
      STABLE RETURN timestamptz '2026-01-01';
    ALTER ROLE CURRENT_USER SET search_path = public, stopped, pg_catalog;`);
  await client.end();
}

/** The columns that expiry depends on. */
const times = {
  sessions: ["created_at", "last_used_at", "expires_at"],
  refresh_tokens: ["created_at", "expires_at", "used_at"],
  revoked_sessions: ["expires_at"],
  signing_keys: ["created_at", "signs_from", "expires_at"],
  limits: ["tat"],
};

/** Simulates the passage of this many seconds by making all times in the database older. */
export async function pass(database: Database, seconds: number): Promise<void> {
  for (const [table, columns] of Object.entries(times)) {
    const older = columns.map(
      (column) => `${column} = ${column} - make_interval(secs => $1)`,
    );
    await database.query(`UPDATE ${table} SET ${older.join(", ")}`, [seconds]);
  }
}

export const cheapAccounts = (database: Database): Accounts =>
  createAccounts({
    database,
    rules,
    hasher: createPasswordHasher({ parameters: cheap, maxQueue: 1_000 }),
  });

export const email = "ada@example.com";
export const password = "an engine of difference";

/** Creates a user with `email`, or another address, and `password`. */
export const signUp = (database: Database, address = email): Promise<User> =>
  cheapAccounts(database).signUp(address, password);

/** The number of rows in a table. */
export async function count(
  database: Database,
  table: "users" | keyof typeof times,
): Promise<number> {
  const [row] = await database.query<{ count: bigint }>(
    `SELECT count(*) FROM ${table}`,
  );
  return Number(row?.count);
}

/**
 * The parameters of the Argon2 hashes computed while `work` runs, without passwords and salts. The duration of a hash
 * depends on them alone.
 */
export async function argon2Work(work: () => Promise<unknown>) {
  const argon2 = mock.method(crypto, "argon2");
  syncBuiltinESMExports();
  try {
    await work();
    return argon2.mock.calls.map(({ arguments: [algorithm, parameters] }) => {
      const { message: _, nonce: __, ...cost } = parameters;
      return { algorithm, ...cost };
    });
  } finally {
    argon2.mock.restore();
    syncBuiltinESMExports();
  }
}

/** Holds Argon2 hashes until the returned function is called. */
export function holdHashes(): () => void {
  const compute = crypto.argon2;
  const held: (() => void)[] = [];
  const { mock: replaced } = mock.method(
    crypto,
    "argon2",
    (...args: Parameters<typeof compute>) =>
      void held.push(() => compute(...args)),
  );
  syncBuiltinESMExports();
  return () => {
    replaced.restore();
    syncBuiltinESMExports();
    for (const run of held.splice(0)) run();
  };
}
