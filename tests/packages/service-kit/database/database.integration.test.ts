import assert from "node:assert/strict";
import pg from "pg";
import {
  type Database,
  isUniqueViolation,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useDatabase } from "../../../support/postgres.ts";

describe("openDatabase", () => {
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

  describe("result types", () => {
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
      it(`parses ${expression}`, async () => {
        assert.deepEqual(await one(expression), value);
      });

    it("returns an empty list for a statement without rows", async () => {
      assert.deepEqual(await database.query(add, ["Metropolis"]), []);
    });

    it("leaves the type parsers of other pg clients in the process unchanged", async () => {
      const client = new pg.Client(url());
      await client.connect();
      const { rows } = await client.query("SELECT 1::int8 AS value");
      await client.end();
      assert.deepEqual(rows, [{ value: "1" }]);
    });
  });

  it("sends values as parameters, never as SQL text", async () => {
    const title = "'); DROP TABLE films; --";
    await database.query(add, [title]);
    assert.deepEqual(await titles(), [title]);
  });

  it("accepts bigints, dates, bytes and null as parameters", async () => {
    const now = new Date();
    assert.equal(await one("$1::int8", 2n ** 60n), 2n ** 60n);
    assert.deepEqual(await one("$1::timestamptz", now), now);
    assert.deepEqual(
      await one("$1::bytea", Uint8Array.of(1, 2)),
      Buffer.of(1, 2),
    );
    assert.equal(await one("$1::text", null), null);
  });

  it("rethrows PostgreSQL's errors unchanged", async () => {
    await assert.rejects(database.query("SELECT nothing"), (error) => {
      assert.ok(error instanceof pg.DatabaseError);
      assert.equal(error.code, "42703");
      assert.equal(error.message, 'column "nothing" does not exist');
      return true;
    });
  });

  it("tells which unique constraint a row violates", async () => {
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

  it("omits the row's values from an error's JSON, and so from logs", async () => {
    await database.query(add, ["Metropolis"]);
    await assert.rejects(database.query(add, ["Metropolis"]), (error) => {
      assert.ok(error instanceof pg.DatabaseError);
      assert.equal(error.detail, "Key (title)=(Metropolis) already exists.");
      assert.doesNotMatch(JSON.stringify(error), /Metropolis/);
      return true;
    });
  });

  it("sets application_name on its connections", async () => {
    assert.equal(await one("current_setting('application_name')"), "test");
  });

  describe("transaction", () => {
    it("returns the work's result and commits", async () => {
      const given = await database.transaction(async (tx) => {
        await tx.query(add, ["Metropolis"]);
        await tx.query(add, ["Nosferatu"]);
        return "done";
      });
      assert.equal(given, "done");
      assert.deepEqual(await titles(), ["Metropolis", "Nosferatu"]);
    });

    it("rolls back and rethrows the error of failing work", async () => {
      const failure = new Error("no such film");
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.query(add, ["Metropolis"]);
          throw failure;
        }),
        (error) => error === failure,
      );
      assert.deepEqual(await titles(), []);
    });

    it("rolls back and rethrows the error of a failed statement", async () => {
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.query(add, ["Metropolis"]);
          await tx.query(add, ["Metropolis"]);
        }),
        (error) => isUniqueViolation(error),
      );
      assert.deepEqual(await titles(), []);
    });

    it("fails and rolls back when the work ignores a failed statement", async () => {
      await assert.rejects(
        database.transaction(async (tx) => {
          await tx.query(add, ["Metropolis"]);
          await tx.query("SELECT nothing").catch(() => {});
        }),
        /A statement of the transaction failed and the work went on, so nothing was committed\./,
      );
      assert.deepEqual(await titles(), []);
    });

    it("fails when COMMIT violates a deferred constraint", async () => {
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

    it("hides its changes from other connections until it commits", async () => {
      await database.transaction(async (tx) => {
        await tx.query(add, ["Metropolis"]);
        assert.deepEqual(await titles(), []);
      });
      assert.deepEqual(await titles(), ["Metropolis"]);
    });

    it("runs statements in order even when the work does not await them", async () => {
      const rows = await database.transaction((tx) =>
        Promise.all([
          tx.query("INSERT INTO films VALUES ('Metropolis')"),
          tx.query<{ title: string }>("TABLE films"),
        ]),
      );
      assert.deepEqual(rows[1], [{ title: "Metropolis" }]);
    });

    it("runs concurrent statements without pg's warning about queued queries", async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on("warning", onWarning);
      await database.transaction((tx) =>
        Promise.all([1, 2, 3, 4].map(() => tx.query("SELECT 1"))),
      );
      process.off("warning", onWarning);
      assert.deepEqual(warnings, []);
    });

    it("rejects statements after it has ended", async () => {
      const late = await database.transaction(async (tx) => ({ tx }));
      await assert.rejects(
        late.tx.query(add, ["Metropolis"]),
        /This transaction has ended: await its statements\./,
      );
      assert.deepEqual(await titles(), []);
    });

    it("leaves usable connections in the pool when it fails", async () => {
      for (let i = 0; i < 10; i++)
        await assert.rejects(
          database.transaction((tx) => tx.query("SELECT nothing")),
        );
      assert.equal(await one("pg_current_xact_id_if_assigned()"), null);
    });
  });
});
