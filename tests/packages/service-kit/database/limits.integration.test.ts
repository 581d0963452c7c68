import assert from "node:assert/strict";
import type pg from "pg";
import {
  type Database,
  DatabaseUnavailableError,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { until } from "../../../support/until.ts";

describe("openDatabase: limits", () => {
  const url = useDatabase();
  let database: Database;
  before(async () => {
    database = openDatabase(
      { DATABASE_URL: url(), DATABASE_CONNECTIONS: 2 },
      { name: "limits" },
    );
    await database.query("CREATE TABLE films (title text)");
  });
  after(() => database.close());

  const one = async (expression: string) =>
    (
      await database.query<{ value: unknown }>(`SELECT ${expression} AS value`)
    )[0]?.value;
  /** The number of the server's connections with this name. */
  const count = (name: string) =>
    one(
      `(SELECT count(*) FROM pg_stat_activity WHERE application_name = '${name}')`,
    );
  /** Waits until the server's connection with this name waits for this event. */
  const untilWaits = (name: string, event: string) =>
    until(
      async () =>
        (await one(
          `EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '${name}' AND wait_event = '${event}')`,
        )) === true,
    );

  it("opens at most DATABASE_CONNECTIONS connections, and serves queued statements", async () => {
    // Opens both connections first. Otherwise, one could serve all statements.
    await Promise.all([1, 2].map(() => database.query("SELECT 1")));
    const used = new Set<number | undefined>();
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const rows = await database.query<{ n: bigint; pid: number }>(
          "SELECT count(*) AS n, pg_backend_pid() AS pid, pg_sleep(0.01) FROM pg_stat_activity WHERE application_name = 'limits'",
        );
        assert.ok((rows[0]?.n as bigint) <= 2n);
        used.add(rows[0]?.pid);
      }),
    );
    assert.equal(used.size, 2);
  });

  it("times out a statement that waits for a free connection", async () => {
    const { promise: rejected, resolve: release } =
      Promise.withResolvers<void>();
    const busy = [1, 2].map(() => database.transaction(() => rejected));
    const began = performance.now();
    await assert.rejects(
      database.query("SELECT 1"),
      (error) => error instanceof DatabaseUnavailableError,
    );
    assert.ok(performance.now() - began > 2_500);
    release();
    await Promise.all(busy);
  });

  describe("timeouts", () => {
    const refused = (promise: Promise<unknown>, code: string) =>
      assert.rejects(promise, (error) => {
        assert.ok(error instanceof DatabaseUnavailableError);
        assert.equal((error.cause as pg.DatabaseError).code, code);
        return true;
      });

    it("cancels a statement that takes longer than 5 s", async () => {
      await refused(database.query("SELECT pg_sleep(60)"), "57014");
      assert.equal(await one("1"), 1);
    });

    it("cancels a statement that takes longer than its transaction's statementTimeout", async () => {
      const work = () =>
        database.transaction((tx) => tx.query("SELECT pg_sleep(9)"), {
          statementTimeoutMs: 100,
        });
      await refused(work(), "57014");
      assert.equal(await one("current_setting('statement_timeout')"), "5s");
    });

    it("never cancels a statement of a transaction with statementTimeout 0", async () => {
      const rows = await database.transaction(
        (tx) => tx.query("SELECT 1 AS value, pg_sleep(7.5)"),
        { statementTimeoutMs: 0 },
      );
      assert.equal(rows.length, 1);
    });

    it("cancels a statement that waits longer than 3 s for a lock", async () => {
      const locked = Promise.withResolvers<void>();
      const refusal = Promise.withResolvers<void>();
      const other = database.transaction(async (tx) => {
        await tx.query("LOCK films");
        locked.resolve();
        await refusal.promise;
      });
      await locked.promise;
      await refused(database.query("TABLE films"), "55P03");
      refusal.resolve();
      await other;
    });
  });

  describe("close", () => {
    it("closes idle connections", async () => {
      const other = openDatabase({ DATABASE_URL: url() }, { name: "closed" });
      await Promise.all([1, 2, 3].map(() => other.query("SELECT 1")));
      await other.close();
      await until(async () => (await count("closed")) === 0n);
    });

    it("waits for running statements when it closes", async () => {
      const other = openDatabase({ DATABASE_URL: url() }, { name: "ending" });
      const lock = "SELECT pg_advisory_xact_lock(1)";
      let under: Promise<unknown[]> | undefined;
      let closed: Promise<void> | undefined;
      await database.transaction(async (tx) => {
        await tx.query(lock);
        under = other.query(lock);
        await untilWaits("ending", "advisory");
        closed = other.close();
      });
      await closed;
      assert.equal((await under)?.length, 1);
    });

    it("aborts statements and transactions that take too long", async () => {
      const other = openDatabase({ DATABASE_URL: url() }, { name: "cut" });
      const refused = assert.rejects(
        other.query("SELECT pg_sleep(60)"),
        (error) => error instanceof DatabaseUnavailableError,
      );
      const closed = Promise.withResolvers<void>();
      const stuck = assert.rejects(
        other.transaction(async (tx) => {
          await closed.promise;
          await tx.query("SELECT 1");
        }),
        (error) => error instanceof DatabaseUnavailableError,
      );
      await untilWaits("cut", "PgSleep");
      await other.close(); // would never return if it waited for the transaction
      closed.resolve();
      await Promise.all([refused, stuck]);
    });

    it("closes twice without an error, and rejects later statements", async () => {
      const other = openDatabase({ DATABASE_URL: url() });
      await other.close();
      await other.close();
      await assert.rejects(
        other.query("SELECT 1"),
        /^Error: The database was closed\.$/,
      );
    });
  });
});
