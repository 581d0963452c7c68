import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import pg from "pg";
import {
  type Database,
  DatabaseUnavailableError,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useClock } from "../../../support/clock.ts";
import {
  setTimeouts,
  startServer,
  type TestServer,
} from "../../../support/postgres.ts";
import { headersOfHttpError } from "../../../support/service-kit/http-error.ts";
import { useTcpProxies } from "../../../support/tcp-proxy.ts";
import { until } from "../../../support/until.ts";

const docker = (...args: string[]) =>
  execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });

/** Asserts that the work fails with 503 and a message without details, and returns the cause. */
async function causeOfUnavailable(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => assert.fail("The work succeeded."),
    (error: unknown) => error,
  );
  assert.ok(error instanceof DatabaseUnavailableError, inspect(error));
  assert.equal(headersOfHttpError(error, 503).get("retry-after"), "1");
  assert.equal(
    error.message,
    "The database is unavailable right now. Try again shortly.",
  );
  return error.cause as Error;
}

describe("Database outage", () => {
  let server: TestServer;
  let database: Database;
  let superuser: pg.Pool;
  const clock = useClock();
  const proxyTo = useTcpProxies();

  before(async function () {
    this.timeout("10m"); // the image may have to be built
    server = await startServer();
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query(setTimeouts("postgres"));
    await client.end();
  });
  beforeEach(async () => {
    superuser = new pg.Pool({ connectionString: server.url });
    superuser.on("error", () => {}); // outages are part of the tests
    superuser.on("connect", (client) => client.on("error", () => {}));
    database = openDatabase({ DATABASE_URL: server.url }, { name: "ours" });
    await superuser.query(
      `DROP TABLE IF EXISTS films;
       CREATE TABLE films (title text);
       CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON films
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
         WHEN (NEW.title = 'slow') EXECUTE FUNCTION slow()`,
    );
  });
  afterEach(async () => {
    await database.close();
    await superuser.end();
  });

  const add = "INSERT INTO films VALUES ($1)";
  const titles = async () =>
    (await database.query<{ title: string }>("TABLE films")).map(
      ({ title }) => title,
    );
  const isBack = () =>
    until(() =>
      database.query("SELECT 1").then(
        () => true,
        (error) => {
          assert.ok(error instanceof DatabaseUnavailableError, inspect(error));
          return false;
        },
      ),
    );
  /** Waits until the server runs pg_sleep for us. */
  const untilAsleep = () =>
    until(async () => {
      const { rows } = await superuser.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'ours' AND wait_event = 'PgSleep'",
      );
      return rows.length > 0;
    });

  /** How each outage starts and ends. */
  const accidents: Record<string, [() => unknown, () => unknown]> = {
    "the server is killed": [
      () => docker("kill", server.container),
      () => docker("start", server.container),
    ],
    "the server shuts down": [
      () => docker("stop", "--time", "20", server.container),
      () => docker("start", server.container),
    ],
    "the server terminates connections": [
      () =>
        superuser.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ours'",
        ),
      () => {},
    ],
  };

  for (const [accident, [go, comeBack]] of Object.entries(accidents))
    describe(`when ${accident}`, () => {
      it("reconnects idle connections once the server is back", async () => {
        await Promise.all([1, 2, 3].map(() => database.query("SELECT 1")));
        await go();
        if (accident !== "the server terminates connections")
          await causeOfUnavailable(database.query("SELECT 1"));
        await comeBack();
        await isBack();
      });

      it("fails a running statement, and reconnects", async () => {
        const statement = causeOfUnavailable(
          database.query("SELECT pg_sleep(60)"),
        );
        await untilAsleep();
        await go();
        await statement;
        await comeBack();
        await isBack();
      });

      it("rolls back a transaction interrupted between two statements", async () => {
        let begun = () => {};
        const first = new Promise<void>((resolve) => {
          begun = resolve;
        });
        let gone = () => {};
        const second = new Promise<void>((resolve) => {
          gone = resolve;
        });
        const transaction = causeOfUnavailable(
          database.transaction(async (tx) => {
            await tx.query(add, ["Metropolis"]);
            begun();
            await second;
            await tx.query(add, ["Nosferatu"]);
          }),
        );
        await first;
        await go();
        gone();
        await transaction;
        await comeBack();
        await isBack();
        assert.deepEqual(await titles(), []);
      });

      it("rolls back a transaction interrupted during COMMIT", async () => {
        const transaction = causeOfUnavailable(
          database.transaction((tx) => tx.query(add, ["slow"])),
        );
        await untilAsleep();
        await go();
        await transaction;
        await comeBack();
        await isBack();
        assert.deepEqual(await titles(), []); // the deferred trigger was still running
      });
    });

  it("times out statements and new connections while the server is frozen", async () => {
    const proxy = await proxyTo(server.url);
    await database.close();
    database = openDatabase({ DATABASE_URL: proxy.url }, { name: "ours" });
    const statement = causeOfUnavailable(database.query("SELECT pg_sleep(4)"));
    await untilAsleep();
    proxy.freeze();
    const connection = await causeOfUnavailable(database.query("SELECT 1"));
    assert.match(connection.message, /timeout/);
    const { message } = await statement;
    assert.equal(message, "no response within 7000 ms");
    proxy.thaw();
    await isBack();
  });

  describe("with idle connections that the server closed", () => {
    /** Terminates our connections synchronously, so that this process has not noticed it when it continues. */
    const endUnheard = () =>
      docker(
        ...["exec", "--user", "postgres", server.container, "psql", "-c"],
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'ours'",
      );
    const useThree = () =>
      Promise.all([1, 2, 3].map(() => database.query("SELECT pg_sleep(0.1)")));

    it("runs a transaction on a new connection", async () => {
      await useThree();
      endUnheard();
      await database.transaction((tx) => tx.query(add, ["Metropolis"]));
      assert.deepEqual(await titles(), ["Metropolis"]);
    });

    it("runs a statement on a new connection after 600 ms without use", async () => {
      await useThree();
      await delay(600);
      endUnheard();
      await database.query(add, ["Metropolis"]);
      assert.deepEqual(await titles(), ["Metropolis"]);
    });

    it("does not retry a statement that may have run", async () => {
      clock.stop(); // a connection is trusted for half a second without use
      await useThree();
      endUnheard();
      clock.advance(1);
      await causeOfUnavailable(database.query(add, ["Metropolis"]));
      assert.deepEqual(await titles(), []);
      await database.query(add, ["Metropolis"]);
      assert.deepEqual(await titles(), ["Metropolis"]);
    });
  });
});
