import assert from "node:assert/strict";
import pg from "pg";
import {
  type Database,
  isUniqueViolation,
  openDatabase,
} from "../../../../services/runtime/index.ts";
import { useDatabase } from "../../../support/postgres.ts";

describe("A service's database", () => {
  const url = useDatabase();
  let database: Database;
  before(async () => {
    database = openDatabase({ DATABASE_URL: url() }, { name: "test" });
    await database.query("CREATE TABLE films (title text UNIQUE NOT NULL)");
  });
  beforeEach(() => database.query("TRUNCATE films"));
  after(() => database.close());

  const titles = async () => {
    const rows = await database.query<{ title: string }>("TABLE films");
    return rows.map(({ title }) => title).sort();
  };
  const add = "INSERT INTO films VALUES ($1)";
  const one = async (expression: string, ...values: unknown[]) =>
    (
      await database.query<{ value: unknown }>(
        `SELECT ${expression} AS value`,
        values,
      )
    )[0]?.value;

  describe("gives", () => {
    const values: [string, unknown][] = [
      ["9007199254740993::int8", 9007199254740993n],
      ["count(*)", 1n],
      ["42::int4", 42],
      ["'{1,NULL,9007199254740993}'::int8[]", [1n, null, 9007199254740993n]],
      ["12345678901234567890.123456789", "12345678901234567890.123456789"],
      ["'{0.1,NULL}'::numeric[]", ["0.1", null]],
      ["timestamptz '2026-07-01 12:00+02'", new Date("2026-07-01T10:00Z")],
      ["date '2026-02-28'", "2026-02-28"],
      ["'{2026-02-28,NULL}'::date[]", ["2026-02-28", null]],
      [
        "uuid '5AA1B6CE-0b5c-4f4e-8c3c-9d5b1f1f4a11'",
        "5aa1b6ce-0b5c-4f4e-8c3c-9d5b1f1f4a11",
      ],
      ["'\\x00ff'::bytea", Buffer.of(0, 255)],
      ["'{\"a\": [1, null]}'::jsonb", { a: [1, null] }],
      ["'{a,NULL}'::text[]", ["a", null]],
      ["'Zoë 🎬'", "Zoë 🎬"],
      ["true", true],
      ["NULL", null],
    ];
    for (const [expression, value] of values)
      it(expression, async () => {
        assert.deepEqual(await one(expression), value);
      });

    it("no rows of a statement that has none", async () => {
      assert.deepEqual(await database.query(add, ["Metropolis"]), []);
    });

    it("types that other users of pg in this process don't get", async () => {
      const client = new pg.Client(url());
      await client.connect();
      const { rows } = await client.query("SELECT 1::int8 AS value");
      await client.end();
      assert.deepEqual(rows, [{ value: "1" }]);
    });
  });

  it("takes values as parameters, never as text of the statement", async () => {
    const title = "'); DROP TABLE films; --";
    await database.query(add, [title]);
    assert.deepEqual(await titles(), [title]);
  });

  it("takes what it gives", async () => {
    const now = new Date();
    assert.equal(await one("$1::int8", 2n ** 60n), 2n ** 60n);
    assert.deepEqual(await one("$1::timestamptz", now), now);
    assert.deepEqual(
      await one("$1::bytea", Uint8Array.of(1, 2)),
      Buffer.of(1, 2),
    );
    assert.equal(await one("$1::text", null), null);
  });

  it("passes PostgreSQL's own errors on as they are", async () => {
    await assert.rejects(database.query("SELECT nothing"), (error) => {
      assert.ok(error instanceof pg.DatabaseError);
      assert.equal(error.code, "42703");
      assert.equal(error.message, 'column "nothing" does not exist');
      return true;
    });
  });

  it("says which unique constraint a row violates", async () => {
    await database.query(add, ["Metropolis"]);
    await assert.rejects(database.query(add, ["Metropolis"]), (error) => {
      assert.ok(isUniqueViolation(error));
      assert.ok(isUniqueViolation(error, "films_title_key"));
      assert.ok(!isUniqueViolation(error, "films_pkey"));
      return true;
    });
    await assert.rejects(
      database.query(add, [null]),
      (error) => !isUniqueViolation(error),
    );
    assert.ok(!isUniqueViolation(new Error("23505")));
  });

  it("keeps what an error tells of a row where logs don't see it", async () => {
    await database.query(add, ["Metropolis"]);
    await assert.rejects(database.query(add, ["Metropolis"]), (error) => {
      assert.ok(error instanceof pg.DatabaseError);
      assert.equal(error.detail, "Key (title)=(Metropolis) already exists.");
      assert.doesNotMatch(JSON.stringify(error), /Metropolis/);
      return true;
    });
  });

  it("has the name by which the server knows its connections", async () => {
    assert.equal(await one("current_setting('application_name')"), "test");
  });

  describe("transaction", () => {
    it("gives what the work gives, and keeps what it did", async () => {
      const given = await database.transaction(async (tx) => {
        await tx.query(add, ["Metropolis"]);
        await tx.query(add, ["Nosferatu"]);
        return "done";
      });
      assert.equal(given, "done");
      assert.deepEqual(await titles(), ["Metropolis", "Nosferatu"]);
    });

    it("keeps nothing of work that fails, and fails as the work does", async () => {
      const mistake = new Error("no such film");
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.query(add, ["Metropolis"]);
          throw mistake;
        }),
        (error) => error === mistake,
      );
      assert.deepEqual(await titles(), []);
    });

    it("fails with the statement's error where a statement does", async () => {
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.query(add, ["Metropolis"]);
          await tx.query(add, ["Metropolis"]);
        }),
        (error) => isUniqueViolation(error),
      );
      assert.deepEqual(await titles(), []);
    });

    it("fails where the work takes no notice of a statement that failed", async () => {
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.query(add, ["Metropolis"]);
          await tx.query("SELECT nothing").catch(() => {});
        }),
        /A statement of the transaction failed and the work went on, so nothing was committed\./,
      );
      assert.deepEqual(await titles(), []);
    });

    it("fails where a constraint is only checked at the end", async () => {
      await database.query(
        "CREATE TABLE seats (seat int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
      );
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.query("INSERT INTO seats VALUES (1), (1)");
        }),
        (error) => isUniqueViolation(error, "seats_seat_key"),
      );
      assert.deepEqual(await database.query("TABLE seats"), []);
    });

    it("is seen by others when it is committed, not before", async () => {
      await database.transaction(async (tx) => {
        await tx.query(add, ["Metropolis"]);
        assert.deepEqual(await titles(), []);
      });
      assert.deepEqual(await titles(), ["Metropolis"]);
    });

    it("runs statements one after the other, also where the work does not wait", async () => {
      const rows = await database.transaction((tx) =>
        Promise.all([
          tx.query("INSERT INTO films VALUES ('Metropolis')"),
          tx.query<{ title: string }>("TABLE films"),
        ]),
      );
      assert.deepEqual(rows[1], [{ title: "Metropolis" }]);
    });

    it("gives pg, which warns of a queue, one statement at a time", async () => {
      const warnings: Error[] = [];
      const heard = (warning: Error) => warnings.push(warning);
      process.on("warning", heard);
      await database.transaction((tx) =>
        Promise.all([1, 2, 3, 4].map(() => tx.query("SELECT 1"))),
      );
      process.off("warning", heard);
      assert.deepEqual(warnings, []);
    });

    it("takes no statement after its end", async () => {
      const late = await database.transaction(async (tx) => ({ tx }));
      await assert.rejects(
        late.tx.query(add, ["Metropolis"]),
        /This transaction has ended: await its statements\./,
      );
      assert.deepEqual(await titles(), []);
    });

    it("leaves a connection that others can use, however it ended", async () => {
      for (let i = 0; i < 10; i++)
        await assert.rejects(
          database.transaction((tx) => tx.query("SELECT nothing")),
        );
      assert.equal(await one("pg_current_xact_id_if_assigned()"), null);
    });
  });
});
