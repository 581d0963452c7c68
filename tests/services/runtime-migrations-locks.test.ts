import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Database,
  migrate,
  openDatabase,
} from "../../services/runtime/index.ts";
import { useFolders } from "../folders.ts";
import { useDatabase } from "./postgres.ts";

const films = "CREATE TABLE films (title text)";

describe("A migration that needs a lock which somebody holds", () => {
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

  /** Holds the table for so long. */
  const hold = async (ms: number) => {
    let held = () => {};
    const holds = new Promise<void>((resolve) => {
      held = resolve;
    });
    const end = database.transaction(async (tx) => {
      await tx.query("LOCK films IN ACCESS SHARE MODE");
      held();
      await delay(ms);
    });
    await holds;
    return end;
  };
  const path = () =>
    folder({
      "0001-films.sql": films,
      "0002-years.sql": "ALTER TABLE films ADD year int;",
    });

  it("comes again until it gets it, and lets others through meanwhile", async () => {
    const held = hold(1_500);
    await delay(100);
    const migrated = migrate(database, path(), {
      wait: 200,
      pause: 300,
      most: 9,
    });
    await delay(100); // it waits for the lock
    const began = performance.now();
    await database.query("TABLE films");
    assert.ok(performance.now() - began < 400);
    await migrated;
    await held;
    assert.deepEqual(await database.query("SELECT year FROM films"), []);
  });

  it("fails after some tries, and says why", async () => {
    const held = hold(1_000);
    await delay(100);
    const folder = path();
    await assert.rejects(
      migrate(database, folder, { wait: 100, pause: 100, most: 3 }),
      {
        message: `${folder}/0002-years.sql got no lock within 0.1 s: another transaction holds what it changes. pg_stat_activity shows which.`,
      },
    );
    await held;
    assert.deepEqual(await database.query("SELECT name FROM migrations"), [
      { name: "0001-films.sql" },
    ]);
  });
});
