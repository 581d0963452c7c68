import assert from "node:assert/strict";
import {
  type Database,
  migrate,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useFolders } from "../../../support/folders.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { until } from "../../../support/until.ts";

const films = "CREATE TABLE films (title text)";

describe("migrate: locked tables", () => {
  const folder = useFolders();
  const url = useDatabase();
  let database: Database;
  before(() => {
    database = openDatabase({ DATABASE_URL: url() });
  });
  beforeEach(async () => {
    await database.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await migrate(database, folder({ "0001-films.sql": films }));
  });
  after(() => database.close());

  /** Locks the table. @returns a function that releases it */
  async function hold() {
    const held = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const transaction = database.transaction(async (tx) => {
      await tx.query("LOCK films IN ACCESS SHARE MODE");
      held.resolve();
      await released.promise;
    });
    await held.promise;
    return async () => {
      released.resolve();
      await transaction;
    };
  }
  const untilLockAwaited = () =>
    until(async () => {
      const waiting = await database.query(
        "SELECT FROM pg_locks WHERE relation = 'films'::regclass AND NOT granted",
      );
      return waiting.length > 0;
    });
  const path = () =>
    folder({
      "0001-films.sql": films,
      "0002-years.sql": "ALTER TABLE films ADD year int;",
    });

  it("retries until it gets the lock, and lets other statements through meanwhile", async () => {
    const release = await hold();
    const migrated = migrate(database, path(), {
      timeoutMs: 200,
      pauseMs: 300,
      maxAttempts: 1_000,
    });
    await untilLockAwaited();
    // The migration can't get its lock before `release`. If it queued for it all along, this statement would fail.
    await database.query("TABLE films");
    await release();
    await migrated;
    assert.deepEqual(await database.query("SELECT year FROM films"), []);
  });

  it("fails with the reason after its last attempt to lock a table", async () => {
    const release = await hold();
    const folder = path();
    await assert.rejects(
      migrate(database, folder, {
        timeoutMs: 100,
        pauseMs: 100,
        maxAttempts: 3,
      }),
      {
        message: `${folder}/0002-years.sql could not get a lock within 0.1 s: another transaction holds it (see pg_stat_activity).`,
      },
    );
    await release();
    assert.deepEqual(await database.query("SELECT name FROM migrations"), [
      { name: "0001-films.sql" },
    ]);
  });
});
