import assert from "node:assert/strict";
import pg from "pg";
import {
  type Database,
  DatabaseUnavailableError,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { usePgBouncer } from "../../../support/pgbouncer.ts";
import { createDatabase } from "../../../support/postgres.ts";

interface Timeouts {
  statement: string;
  lock: string;
  idle: string;
}

describe("openDatabase: timeouts", function () {
  this.timeout("10m");
  const { server, through } = usePgBouncer(2);
  const ours: Timeouts = { statement: "5s", lock: "3s", idle: "10s" };
  let direct: string;
  const opened: Database[] = [];
  beforeEach(async () => {
    direct = await createDatabase(server().url);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });
  const open = (url: string) => {
    const database = openDatabase({ DATABASE_URL: url });
    opened.push(database);
    return database;
  };
  /** Runs SQL on the service's role as the superuser. */
  const administer = async (sql: (role: string) => string) => {
    const client = new pg.Client(server().url);
    await client.connect();
    await client.query(sql(new URL(direct).username));
    await client.end();
  };
  const inForce = `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
    current_setting('idle_in_transaction_session_timeout') AS idle, $1::int AS n`;
  const timeoutsOf = async (database: Pick<Database, "query">) => {
    const [row] = await database.query<Timeouts & { n: number }>(inForce, [1]);
    const { n: _, ...timeouts } = row as Timeouts & { n: number };
    return timeouts;
  };

  for (const [way, urlOf] of [
    ["directly", (url: string) => url],
    ["through PgBouncer", (url: string) => through(url)],
  ] as const)
    describe(`connected ${way}`, () => {
      it("uses the role's timeouts", async () => {
        const database = open(urlOf(direct));
        assert.deepEqual(await timeoutsOf(database), ours);
        assert.deepEqual(await database.transaction(timeoutsOf), ours);
      });

      it("uses a role's timeout that is shorter than the default", async () => {
        await administer(
          (role) => `ALTER ROLE ${role} SET statement_timeout = '2s'`,
        );
        const database = open(urlOf(direct));
        const shorter = { ...ours, statement: "2s" };
        assert.deepEqual(await timeoutsOf(database), shorter);
        assert.deepEqual(await database.transaction(timeoutsOf), shorter);
      });

      for (const [what, sql] of [
        ["no timeouts", (role: string) => `ALTER ROLE ${role} RESET ALL`],
        [
          "an unlimited lock timeout",
          (role: string) => `ALTER ROLE ${role} SET lock_timeout = 0`,
        ],
        [
          "a longer statement timeout",
          (role: string) => `ALTER ROLE ${role} SET statement_timeout = '1h'`,
        ],
      ] as const)
        it(`applies the default timeouts when the role has ${what}, and leaves other clients' unchanged`, async () => {
          await administer(sql);
          const database = open(urlOf(direct));
          const plain = new pg.Client(urlOf(direct));
          await plain.connect();
          const { rows: before } = await plain.query(inForce, [1]);
          assert.deepEqual(await timeoutsOf(database), ours);
          assert.deepEqual(await database.transaction(timeoutsOf), ours);
          const longer = await database.transaction(timeoutsOf, {
            statementTimeoutMs: 0,
          });
          assert.deepEqual(longer, { ...ours, statement: "0" });
          for (let i = 0; i < 4; i++)
            assert.deepEqual((await plain.query(inForce, [1])).rows, before);
          await plain.end();
        });

      it("cancels a slow statement when the role has no timeouts", async () => {
        await administer((role) => `ALTER ROLE ${role} RESET ALL`);
        const database = open(urlOf(direct));
        await assert.rejects(
          database.query("SELECT pg_sleep(60)"),
          (error) =>
            error instanceof DatabaseUnavailableError &&
            (error.cause as pg.DatabaseError).code === "57014",
        );
      });

      it("rethrows a failed statement's error and rolls it back when the role has no timeouts", async () => {
        await administer((role) => `ALTER ROLE ${role} RESET ALL`);
        const database = open(urlOf(direct));
        await database.query("CREATE TABLE films (title text PRIMARY KEY)");
        await database.query("INSERT INTO films VALUES ($1)", ["Metropolis"]);
        await assert.rejects(
          database.query("INSERT INTO films VALUES ('M'), ($1)", [
            "Metropolis",
          ]),
          (error) => (error as pg.DatabaseError).code === "23505",
        );
        assert.deepEqual(await database.query("TABLE films"), [
          { title: "Metropolis" },
        ]);
      });
    });
});
