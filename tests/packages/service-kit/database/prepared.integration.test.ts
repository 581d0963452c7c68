import assert from "node:assert/strict";
import pg from "pg";
import {
  type Database,
  DatabaseUnavailableError,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useDatabase } from "../../../support/postgres.ts";

describe("openDatabase: prepared statements", () => {
  const url = useDatabase();
  let database: Database;
  beforeEach(async () => {
    database = openDatabase({ DATABASE_URL: url(), DATABASE_CONNECTIONS: 1 });
    await database.query("CREATE TABLE films (id int, year int)");
    await database.query("INSERT INTO films VALUES (1, 1927)");
  });
  afterEach(async () => {
    await database.query("DROP TABLE films");
    await database.close();
  });

  /** The prepared statements of the connection's session, most used first. */
  const known = () =>
    database.query<{ statement: string; runs: bigint }>(
      "SELECT statement, generic_plans + custom_plans AS runs FROM pg_prepared_statements ORDER BY runs DESC",
    );
  const year = async () => {
    const [film] = await database.query<{ year: unknown }>(
      "SELECT year FROM films WHERE id = $1",
      [1],
    );
    return film?.year;
  };

  it("parses a repeated statement once per connection", async () => {
    for (let i = 0; i < 20; i++) await year();
    await database.transaction((tx) =>
      tx.query("UPDATE films SET year = year WHERE id = $1", [1]),
    );
    assert.deepEqual(await known(), [
      { statement: "SELECT year FROM films WHERE id = $1", runs: 20n },
      { statement: "UPDATE films SET year = year WHERE id = $1", runs: 1n },
    ]);
  });

  it("runs every statement correctly, and keeps at most 500 prepared", async () => {
    for (let i = 0; i < 600; i++) {
      const [row] = await database.query<{ sum: number }>(
        `SELECT $1::int + ${i} AS sum`,
        [1],
      );
      assert.equal(row?.sum, 1 + i);
    }
    assert.ok((await known()).length <= 500);
  });

  it("fails once after a column's type was changed, then returns the new type", async () => {
    assert.equal(await year(), 1927);
    const migrating = new pg.Client(url());
    await migrating.connect();
    await migrating.query("ALTER TABLE films ALTER year TYPE text");
    await migrating.end();
    await assert.rejects(year(), DatabaseUnavailableError);
    assert.equal(await year(), "1927");
  });

  it("fails once after the server dropped a prepared statement, then recovers", async () => {
    assert.equal(await year(), 1927);
    await database.query("DEALLOCATE ALL"); // as DISCARD ALL and some poolers do
    await assert.rejects(year(), DatabaseUnavailableError);
    assert.equal(await year(), 1927);
    await database.query("DEALLOCATE ALL");
    await assert.rejects(
      database.transaction((tx) =>
        tx.query("SELECT year FROM films WHERE id = $1", [1]),
      ),
      DatabaseUnavailableError,
    );
    assert.equal(await year(), 1927);
  });

  it("fails once when another statement has a prepared statement's name, then recovers", async () => {
    assert.equal(await year(), 1927);
    const [{ name } = { name: "" }] = await database.query<{ name: string }>(
      "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%year%films%'",
    );
    const other = openDatabase({
      DATABASE_URL: url(),
      DATABASE_CONNECTIONS: 1,
    });
    const otherYear = () =>
      other.query("SELECT year FROM films WHERE id = $1", [1]);
    await other.query(`PREPARE ${name} AS SELECT 1`);
    await assert.rejects(otherYear(), DatabaseUnavailableError);
    assert.deepEqual(await otherYear(), [{ year: 1927 }]);
    await other.close();
  });
});
