import assert from "node:assert/strict";
import pg from "pg";
import {
  type Database,
  DatabaseAway,
  openDatabase,
} from "../../../../services/runtime/index.ts";
import { useDatabase } from "../../../support/postgres.ts";

describe("A statement with parameters", () => {
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

  /** Statements that the connection's server knows, by how often each was run. */
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

  it("is parsed once in a connection, however often it is run", async () => {
    for (let i = 0; i < 20; i++) await year();
    await database.transaction((tx) =>
      tx.query("UPDATE films SET year = year WHERE id = $1", [1]),
    );
    assert.deepEqual(await known(), [
      { statement: "SELECT year FROM films WHERE id = $1", runs: 20n },
      { statement: "UPDATE films SET year = year WHERE id = $1", runs: 1n },
    ]);
  });

  it("is run as it is, also where there are more of them than are kept", async () => {
    for (let i = 0; i < 600; i++) {
      const [row] = await database.query<{ sum: number }>(
        `SELECT $1::int + ${i} AS sum`,
        [1],
      );
      assert.equal(row?.sum, 1 + i);
    }
    assert.ok((await known()).length <= 500);
  });

  it("gives a column as another type after it was changed, once the connection is another one", async () => {
    assert.equal(await year(), 1927);
    const migrating = new pg.Client(url());
    await migrating.connect();
    await migrating.query("ALTER TABLE films ALTER year TYPE text");
    await migrating.end();
    await assert.rejects(year(), DatabaseAway);
    assert.equal(await year(), "1927");
  });

  it("is right again after a 503, where the server has forgotten it", async () => {
    assert.equal(await year(), 1927);
    await database.query("DEALLOCATE ALL"); // as DISCARD ALL does, and some poolers do
    await assert.rejects(year(), DatabaseAway);
    assert.equal(await year(), 1927);
    await database.query("DEALLOCATE ALL");
    await assert.rejects(
      database.transaction((tx) =>
        tx.query("SELECT year FROM films WHERE id = $1", [1]),
      ),
      DatabaseAway,
    );
    assert.equal(await year(), 1927);
  });

  it("is right again after a 503, where the server knows another one by its name", async () => {
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
    await assert.rejects(otherYear(), DatabaseAway);
    assert.deepEqual(await otherYear(), [{ year: 1927 }]);
    await other.close();
  });
});
