import assert from "node:assert/strict";
import pg from "pg";
import {
  type Database,
  DatabaseUnavailableError,
  migrate,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useFolders } from "../../../support/folders.ts";
import { usePgBouncer } from "../../../support/pgbouncer.ts";
import { createDatabase } from "../../../support/postgres.ts";
import { until } from "../../../support/until.ts";

describe("openDatabase: PgBouncer in transaction mode", function () {
  this.timeout("10m");
  const sessions = 2;
  const { server, through } = usePgBouncer(sessions);
  const folder = useFolders();
  const opened: Database[] = [];
  let direct: string;
  let admin: pg.Client;
  beforeEach(async () => {
    direct = await createDatabase(server().url);
    admin = new pg.Client(server().url);
    await admin.connect();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    await admin.end();
  });

  const role = () => new URL(direct).username;
  const open = () => {
    const database = openDatabase({ DATABASE_URL: through(direct) });
    opened.push(database);
    return database;
  };
  const refused = (work: Promise<unknown>, code: string) =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof DatabaseUnavailableError);
      assert.equal((error.cause as pg.DatabaseError).code, code);
      return true;
    });

  it("returns each client its own results with more clients than server sessions", async () => {
    const used = new Set<number>();
    const ask = async (database: Database, n: number) => {
      const [row] = await database.query<{ value: string; pid: number }>(
        `SELECT $1::text || ' in ${n}' AS value, pg_backend_pid() AS pid`,
        [`parameter ${n}`],
      );
      assert.equal(row?.value, `parameter ${n} in ${n}`);
      used.add(row.pid);
    };
    const databases = Array.from({ length: 6 }, open);
    for (let round = 0; round < 20; round++)
      await Promise.all(
        // Each pool runs the statements in another order, so that equal positions hold different statements.
        databases.flatMap((database, i) =>
          Array.from({ length: 5 }, (_, j) =>
            ask(database, ((i + round + j) % 6) * 100 + j),
          ),
        ),
      );
    assert.equal(used.size, sessions);
  });

  it("leaves no prepared statements in the server's sessions", async () => {
    const database = open();
    const known: unknown[] = [];
    for (let i = 0; i < 2 * sessions; i++)
      known.push(
        ...(await database.query(
          "SELECT statement FROM pg_prepared_statements WHERE $1",
          [true],
        )),
      );
    assert.deepEqual(known, []);
  });

  it("cancels a statement that takes longer than the role's timeout", async () => {
    await admin.query(`ALTER ROLE ${role()} SET statement_timeout = 500`);
    const database = open();
    await refused(database.query("SELECT pg_sleep(60)"), "57014");
    await refused(
      database.transaction((tx) => tx.query("SELECT pg_sleep(60)")),
      "57014",
    );
    await database.query("SELECT 1");
  });

  it("cancels a statement that waits for a lock longer than the role's timeout", async () => {
    await admin.query(`ALTER ROLE ${role()} SET lock_timeout = 200`);
    const database = open();
    await database.query("CREATE TABLE films (title text)");
    await database.transaction(async (tx) => {
      await tx.query("LOCK films");
      await refused(database.query("TABLE films"), "55P03");
    });
  });

  it("ends a transaction that is idle for longer than the role's timeout, and releases its locks", async () => {
    await admin.query(
      `ALTER ROLE ${role()} SET idle_in_transaction_session_timeout = 200`,
    );
    const database = open();
    await database.query("CREATE TABLE films (title text)");
    let freed = () => {};
    const free = new Promise<void>((resolve) => {
      freed = resolve;
    });
    const forgotten = database.transaction(async (tx) => {
      await tx.query("LOCK films");
      await free;
      await tx.query("INSERT INTO films VALUES ('Metropolis')");
    });
    const lost = assert.rejects(forgotten, DatabaseUnavailableError);
    const isFree = () =>
      database.query("TABLE films").then(
        (rows) => rows.length === 0,
        () => false,
      );
    await until(isFree);
    freed();
    await lost;
    assert.deepEqual(await database.query("TABLE films"), []);
  });

  it("applies a transaction's own statement timeout to that transaction only", async () => {
    await admin.query(`ALTER ROLE ${role()} SET statement_timeout = 500`);
    const database = open();
    await refused(
      database.transaction((tx) => tx.query("SELECT pg_sleep(60)"), {
        statementTimeoutMs: 100,
      }),
      "57014",
    );
    await database.transaction((tx) => tx.query("SELECT pg_sleep(0.8)"), {
      statementTimeoutMs: 0,
    });
    for (let i = 0; i < 2 * sessions; i++)
      assert.deepEqual(
        await database.query(
          "SELECT current_setting('statement_timeout') AS ms",
        ),
        [{ ms: "500ms" }],
      );
  });

  it("applies migrations once for concurrent replicas, and keeps a migration's settings out of later sessions", async () => {
    const path = folder({
      "0001-films.sql":
        "SET search_path = ''; SET lock_timeout = 0; CREATE TABLE public.films (title text); SELECT pg_sleep(0.2)",
      "0002-metropolis.sql": "INSERT INTO films VALUES ('Metropolis')",
    });
    const replicas = Array.from({ length: 6 }, open);
    await Promise.all(replicas.map((database) => migrate(database, path)));
    for (let i = 0; i < 2 * sessions; i++)
      assert.deepEqual(
        await replicas[0]?.query(
          "SELECT title, current_setting('lock_timeout') AS lock FROM films",
        ),
        [{ title: "Metropolis", lock: "3s" }],
      );
  });

  it("recovers after PgBouncer's connections to the server are terminated", async () => {
    const database = open();
    await database.query("SELECT 1");
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role()}'`,
    );
    const isBack = () =>
      database.query("SELECT 1").then(
        () => true,
        (error) => {
          assert.ok(error instanceof DatabaseUnavailableError);
          return false;
        },
      );
    await until(isBack);
  });
});
