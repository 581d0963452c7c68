import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Database,
  migrate,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useFolders } from "../../../support/folders.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { start, stopPrograms } from "../../../support/program.ts";

describe("migrate: concurrent replicas", () => {
  const folder = useFolders();
  const url = useDatabase();
  let database: Database;
  before(() => {
    database = openDatabase({ DATABASE_URL: url() });
  });
  beforeEach(() =>
    database.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public"),
  );
  after(() => database.close());
  stopPrograms();

  // Each fails if it is applied twice or too early, and takes long enough for the replicas to overlap.
  const migrations = () =>
    folder({
      "0001-films.sql": "CREATE TABLE films (title text); SELECT pg_sleep(0.5)",
      "0002-years.sql": "ALTER TABLE films ADD year int; SELECT pg_sleep(0.5)",
      "0003-nosferatu.sql": "INSERT INTO films VALUES ('Nosferatu', 1922)",
    });
  const assertMigrated = async () => {
    assert.deepEqual(await database.query("TABLE films"), [
      { title: "Nosferatu", year: 1922 },
    ]);
    const rows = await database.query("TABLE migrations");
    assert.equal(rows.length, 3);
  };
  const program = (path: string) =>
    start(
      "tests/support/programs/database.ts",
      { folder: path },
      { PORT: "1", DATABASE_URL: url() },
    );

  for (const replicas of [2, 8])
    it(`applies each migration once for ${replicas} replicas`, async () => {
      const path = migrations();
      const databases = Array.from({ length: replicas }, () =>
        openDatabase({ DATABASE_URL: url(), DATABASE_CONNECTIONS: 1 }),
      );
      await Promise.all(databases.map((database) => migrate(database, path)));
      await Promise.all(databases.map((database) => database.close()));
      await assertMigrated();
    });

  it("applies each migration in one of three processes, and makes all of them ready", async () => {
    const path = migrations();
    const programs = await Promise.all([1, 2, 3].map(() => program(path)));
    await Promise.all(
      programs.map(({ untilLogged }) =>
        untilLogged("the database is up to date"),
      ),
    );
    await assertMigrated();
    const applied = programs.flatMap(({ lines }) =>
      lines.filter(({ msg }) => msg === "a migration was applied"),
    );
    assert.deepEqual(applied.map(({ migration }) => migration).sort(), [
      "0001-films.sql",
      "0002-years.sql",
      "0003-nosferatu.sql",
    ]);
    for (const { url } of programs) {
      const response = await fetch(`${url}/films`);
      assert.deepEqual(await response.json(), [{ title: "Nosferatu" }]);
    }
  });

  it("continues after a replica was killed during a migration", async () => {
    const path = migrations();
    const first = await program(path);
    await delay(700); // during one of the migrations
    process.kill(first.pid, "SIGKILL");
    await migrate(database, path);
    await assertMigrated();
  });
});
