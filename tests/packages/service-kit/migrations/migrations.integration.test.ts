import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "../../../../packages/service-kit/index.ts";
import { write } from "../../../support/folders.ts";
import { useMigrations } from "../../../support/service-kit/migrations.ts";

const films = "CREATE TABLE films (title text UNIQUE);\n";
const actors = "CREATE TABLE actors (name text);\n";

describe("migrate", () => {
  const test = useMigrations();
  const { folder, applied, failure } = test;

  const tables = async () => {
    const rows = await test.database.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  };

  it("applies migrations in order and records them", async () => {
    await migrate(
      test.database,
      folder({
        "0002-years.sql": "ALTER TABLE films ADD year int; SELECT 1;",
        "0001-films.sql": films,
        "0003-nosferatu.sql":
          "INSERT INTO films VALUES ('Nosferatu', 1922); -- and no more",
      }),
    );
    assert.deepEqual(await test.database.query("TABLE films"), [
      { title: "Nosferatu", year: 1922 },
    ]);
    const [first] = await test.database.query<Record<string, unknown>>(
      "TABLE migrations ORDER BY name LIMIT 1",
    );
    assert.equal(first?.name, "0001-films.sql");
    assert.equal(
      first?.sha256,
      "300586f155d38d0cd89a3dd4a3a8459249fbaa733ced306a886db9d99032e25a",
    );
    assert.ok(first?.applied_at instanceof Date);
  });

  it("applies each migration once", async () => {
    const path = folder({ "0001-films.sql": films });
    await migrate(test.database, path);
    await migrate(test.database, path);
    write(path, { "0002-actors.sql": actors });
    await migrate(test.database, path);
    assert.deepEqual(await applied(), ["0001-films.sql", "0002-actors.sql"]);
  });

  it("accepts functions, and transaction keywords in comments, strings and names", async () => {
    await migrate(
      test.database,
      folder({
        "0001-films.sql": `/* ROLLBACK; COMMIT; */
          ${films} -- ; COMMIT;
          CREATE FUNCTION add(title text) RETURNS void LANGUAGE plpgsql AS $body$
            BEGIN INSERT INTO films VALUES ($1 || '; COMMIT;'); END
          $body$;
          SELECT add('it''s; ROLLBACK'); CREATE TABLE "; begin" ();`,
      }),
    );
    assert.deepEqual(await test.database.query("TABLE films"), [
      { title: "it's; ROLLBACK; COMMIT;" },
    ]);
  });

  it("applies a migration that takes longer than the statement timeout", async () => {
    await migrate(
      test.database,
      folder({ "0001-slow.sql": "SELECT pg_sleep(7.5)" }),
    );
    assert.deepEqual(await applied(), ["0001-slow.sql"]);
  });

  it("accepts the settings of a dump, and keeps them out of later statements", async () => {
    const dump = `SET statement_timeout = 0;
      SELECT pg_catalog.set_config('search_path', '', false);
      CREATE TABLE public.films (title text);`;
    await migrate(
      test.database,
      folder({ "0001-dump.sql": dump, "0002-actors.sql": actors }),
    );
    assert.deepEqual(await tables(), ["actors", "films", "migrations"]);
    assert.deepEqual(await test.database.query("SHOW statement_timeout"), [
      { statement_timeout: "5s" },
    ]);
  });

  describe("failing migrations", () => {
    it("rolls back a failing migration, and keeps those before it", async () => {
      const path = folder({
        "0001-films.sql": films,
        "0002-actors.sql": `${actors}SELECT nothing;`,
        "0003-more.sql": "CREATE TABLE more ();",
      });
      await failure(path);
      assert.deepEqual(await tables(), ["films", "migrations"]);
      assert.deepEqual(await applied(), ["0001-films.sql"]);
      write(path, { "0002-actors.sql": actors });
      await migrate(test.database, path);
      assert.deepEqual(await tables(), [
        "actors",
        "films",
        "migrations",
        "more",
      ]);
    });

    const wrong: [string, string, string][] = [
      [
        "the line and column of an error, and PostgreSQL's hint",
        `-- ä 🎬\n${films}SELECT\n  titel FROM films;`,
        '…/0001-wrong.sql:4:3: column "titel" does not exist (Perhaps you meant to reference the column "films.title".)',
      ],
      [
        "the file of an error for which PostgreSQL has no position",
        `${films}INSERT INTO films VALUES ('a'), ('a');`,
        '…/0001-wrong.sql: duplicate key value violates unique constraint "films_title_key"',
      ],
      [
        "a statement that can't run in a transaction",
        "CREATE DATABASE other;",
        "…/0001-wrong.sql: CREATE DATABASE cannot run inside a transaction block",
      ],
    ];
    for (const [what, sql, message] of wrong)
      it(`reports ${what}`, async () => {
        const path = folder({ "0001-wrong.sql": sql });
        assert.equal(await failure(path), message);
        assert.deepEqual(await tables(), []);
      });

    it("reports that its own table can't be created", async () => {
      await test.database.query("DROP SCHEMA public");
      assert.equal(
        await failure(folder({ "0001-films.sql": films })),
        "The table `migrations` can't be used: no schema has been selected to create in",
      );
      await test.database.query("CREATE SCHEMA public");
    });
  });

  describe("migrations that contradict the database", () => {
    let path: string;
    beforeEach(async () => {
      path = folder({ "0001-films.sql": films, "0002-actors.sql": actors });
      await migrate(test.database, path);
    });

    it("rejects a migration that was changed after it was applied", async () => {
      write(path, {
        "0001-films.sql": `${films}-- later`,
        "0003-more.sql": "CREATE TABLE more ();",
      });
      assert.equal(
        await failure(path),
        "…/0001-films.sql was changed after it was applied: restore its original content, and put the change into a new migration.",
      );
      assert.ok(!(await tables()).includes("more"));
    });

    it("rejects a migration in the place of an applied one, and names both", async () => {
      rmSync(join(path, "0002-actors.sql"));
      write(path, {
        "0002-more.sql": "CREATE TABLE more ();",
        "0003-actors.sql": actors,
      });
      assert.equal(
        await failure(path),
        "The database has 0002-actors.sql where the folder has …/0002-more.sql: applied migrations must not be renamed, removed or replaced. Restore 0002-actors.sql, and give the new migration the next number.",
      );
      assert.ok(!(await tables()).includes("more"));
    });

    it("accepts a database that a newer version has migrated", async () => {
      rmSync(join(path, "0002-actors.sql"));
      await migrate(test.database, path);
      assert.deepEqual(await applied(), ["0001-films.sql", "0002-actors.sql"]);
    });
  });
});
