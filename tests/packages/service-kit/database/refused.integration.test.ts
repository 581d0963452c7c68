import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import {
  type Database,
  DatabaseUnavailableError,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { useTcpProxies } from "../../../support/tcp-proxy.ts";

describe("openDatabase: unusable databases", () => {
  const url = useDatabase();
  const proxyTo = useTcpProxies();
  const opened: Database[] = [];
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
  });
  const open = (url: string) => {
    const database = openDatabase({ DATABASE_URL: url });
    opened.push(database);
    return database;
  };
  /** The URL with parts replaced. */
  const but = (parts: Partial<URL>) =>
    Object.assign(new URL(url()), parts).href;

  const name = () => new URL(url()).pathname.slice(1);

  /** The cause of the failure. Asserts that the message has no details and the error no password. */
  async function why(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => assert.fail("The work succeeded."),
      (error: unknown) => error,
    );
    assert.ok(error instanceof DatabaseUnavailableError, inspect(error));
    assert.equal(
      error.message,
      "The database is unavailable right now. Try again shortly.",
    );
    assert.doesNotMatch(
      inspect(error, { depth: Infinity, showHidden: true }),
      /s3cret/,
    );
    return (error.cause as Error).message;
  }

  it("reports that the connection was refused", async () => {
    const closedPort = open("postgres://me:s3cret@127.0.0.1:1/films");
    assert.equal(
      await why(closedPort.query("SELECT 1")),
      "connect ECONNREFUSED 127.0.0.1:1",
    );
  });

  it("reports a host that does not resolve", async () => {
    const unknownHost = open("postgres://me:s3cret@nowhere.invalid/films");
    assert.match(
      await why(unknownHost.query("SELECT 1")),
      /^getaddrinfo (ENOTFOUND|EAI_AGAIN) nowhere\.invalid$/,
    );
  });

  it("reports a wrong password", async () => {
    const { username } = new URL(url());
    const database = open(but({ password: "s3cret" }));
    assert.equal(
      await why(database.query("SELECT 1")),
      `password authentication failed for user "${username}"`,
    );
  });

  it("reports a database that does not exist", async () => {
    const database = open(but({ pathname: "/later" }));
    assert.equal(
      await why(database.transaction((tx) => tx.query("SELECT 1"))),
      'database "later" does not exist',
    );
  });

  it("reports that the connection limit is reached, and recovers", async () => {
    const first = open(url());
    const limit = (connections: number) =>
      first.query(`ALTER DATABASE ${name()} CONNECTION LIMIT ${connections}`);
    await limit(1);
    const second = open(url());
    assert.equal(
      await why(second.query("SELECT 1")),
      `too many connections for database "${name()}"`,
    );
    await limit(-1);
    await second.query("SELECT 1");
  });

  it("reports a read-only server, and recovers once it accepts writes", async () => {
    const database = open(url());
    await database.query("CREATE TABLE films (title text)");
    const set = (value: string) =>
      database.transaction((tx) =>
        tx.query(
          `SET transaction_read_only = off;
           ALTER DATABASE ${name()} SET default_transaction_read_only = ${value}`,
        ),
      );
    await set("on");
    const other = open(url());
    assert.equal(
      await why(other.query("INSERT INTO films VALUES ('Metropolis')")),
      "cannot execute INSERT in a read-only transaction",
    );
    assert.deepEqual(await other.query("TABLE films"), []);
    await set("off");
    // The first write still uses a connection from before the change.
    await why(other.query("INSERT INTO films VALUES ('Metropolis')"));
    await other.query("INSERT INTO films VALUES ('Metropolis')");
  });

  it("replaces connections that were lost silently, without failing a statement", async () => {
    const proxy = await proxyTo(url());
    const database = open(proxy.url);
    await Promise.all([1, 2, 3].map(() => database.query("SELECT 1")));
    await delay(600);
    proxy.drop();
    await database.query("SELECT 1");
    await Promise.all([1, 2, 3].map(() => database.query("SELECT 1")));
    assert.equal(
      proxy.usedAfterDrop(),
      1,
      "one timeout reveals all three lost connections",
    );
  });
});
