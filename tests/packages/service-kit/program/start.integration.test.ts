import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import {
  createService,
  DatabaseUnavailableError,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useFolders } from "../../../support/folders.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { problemOf } from "../../../support/problem.ts";
import { runToEnd, start, stopPrograms } from "../../../support/program.ts";

describe("createService: onStart", () => {
  /** A service, and a function that completes or fails its `begin`. */
  function service() {
    let go = (_?: Error) => {};
    const gone = new Promise<void>((resolve, reject) => {
      go = (error) => (error ? reject(error) : resolve());
    });
    let started = 0;
    const service = createService({
      onStart() {
        started++;
        return gone;
      },
    });
    service.app.get("/films", (c) => c.text("films"));
    return { ...service, go, times: () => started };
  }

  it("answers /livez and /metrics before it has started", async () => {
    const { app } = service();
    assert.equal((await app.request("/livez")).status, 200);
    assert.equal((await app.request("/metrics")).status, 200);
  });

  it("returns 503 from /readyz until it has started", async () => {
    const { app, start } = service();
    start();
    const { detail } = await problemOf(await app.request("/readyz"), 503);
    assert.equal(detail, "The service is starting. Try again shortly.");
  });

  for (const path of ["/films", "/nowhere"])
    it(`returns 503 with Retry-After from ${path} until it has begun`, async () => {
      const response = await service().app.request(path);
      assert.equal(response.headers.get("retry-after"), "1");
      const { instance } = await problemOf(response, 503);
      assert.match(instance ?? "", /^urn:request:/);
    });

  it("is ready and answers requests once it has started", async () => {
    const { app, start, go } = service();
    const started = start();
    go();
    await started;
    assert.equal((await app.request("/readyz")).status, 200);
    assert.equal(await (await app.request("/films")).text(), "films");
  });

  it("starts once even if it is called several times", async () => {
    const { start, go, times } = service();
    go();
    await Promise.all([start(), start()]);
    await start();
    assert.equal(times(), 1);
  });

  it("stays unready when it fails to start", async () => {
    const { app, start, go } = service();
    go(new Error("no films"));
    await assert.rejects(start(), /^Error: no films$/);
    await problemOf(await app.request("/readyz"), 503);
  });
});

describe("Service start with a database", () => {
  const folder = useFolders();
  const url = useDatabase();
  stopPrograms();

  const file = "tests/support/programs/database.ts";
  const migrations = {
    "0001-films.sql": "CREATE TABLE IF NOT EXISTS films (title text)",
  };
  const program = (url: string, path = folder(migrations)) =>
    start(
      file,
      { folder: path, shutdownTimes: { closeAfterMs: 50, killAfterMs: 50 } },
      { PORT: "1", DATABASE_URL: url },
    );
  /** The URL with a wrong password. */
  const locked = () =>
    Object.assign(new URL(url()), { password: "s3cret" }).href;

  it("migrates the database, then accepts requests", async () => {
    const { url: at, untilLogged } = await program(url());
    await untilLogged("a migration was applied", {
      migration: "0001-films.sql",
    });
    await untilLogged("the database is up to date");
    assert.equal((await fetch(`${at}/readyz`)).status, 200);
    assert.deepEqual(await (await fetch(`${at}/films`)).json(), []);
  });

  it("waits for an unavailable database, logs the reason, and starts once it is available", async () => {
    const { url: at, untilLogged, out } = await program(locked());
    const { username } = new URL(url());
    const { level } = await untilLogged("waiting for the database", {
      reason: `password authentication failed for user "${username}"`,
    });
    assert.equal(level, "warn");
    assert.equal((await fetch(`${at}/livez`)).status, 200);
    await problemOf(await fetch(`${at}/readyz`), 503);
    await problemOf(await fetch(`${at}/films`), 503);

    const database = openDatabase({ DATABASE_URL: url() });
    await database.query(`ALTER ROLE ${username} PASSWORD 's3cret'`);
    try {
      await untilLogged("the database is up to date");
      assert.equal((await fetch(`${at}/readyz`)).status, 200);
      assert.doesNotMatch(out.stdout + out.stderr, /s3cret/);
    } finally {
      await database.query(`ALTER ROLE ${username} PASSWORD 'test'`);
      await database.close();
    }
  });

  it("logs once, not at each attempt, why it waits for the database", async () => {
    const { untilLogged, lines } = await program(locked());
    await untilLogged("waiting for the database");
    await new Promise((resolve) => setTimeout(resolve, 2_500)); // three more attempts
    assert.equal(lines.filter(({ level }) => level === "warn").length, 1);
  });

  it("exits with code 1 and logs where a migration is invalid", async () => {
    const path = folder({
      ...migrations,
      "0002-actors.sql": "CREATE TABEL actors ();",
    });
    const { code, stdout, stderr } = await runToEnd(
      file,
      { PORT: "1", DATABASE_URL: url() },
      JSON.stringify({ folder: path }),
    );
    assert.equal(code, 1, stderr);
    const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    assert.equal(last.level, "fatal");
    assert.equal(
      last.msg,
      `can't start: ${path}/0002-actors.sql:1:8: syntax error at or near "TABEL"`,
    );
    assert.equal(stderr, "");
  });

  it("exits with code 1 and rejects its database URL without printing it", async () => {
    const end = await runToEnd(file, {
      PORT: "1",
      DATABASE_URL: "mysql://me:s3cret@films.example/films",
    });
    assert.deepEqual(end, {
      code: 1,
      stdout: "",
      stderr:
        "This program can't start, because its environment is invalid:\n  DATABASE_URL is wrong: expected postgres://user:password@host:5432/name, and it begins with another scheme\n",
    });
  });

  describe("shutdown while waiting for the database", () => {
    it("exits with code 0 on SIGTERM while the database refuses connections", async () => {
      const { untilLogged, terminate, end } = await program(
        "postgres://me:s3cret@127.0.0.1:1/films",
      );
      await untilLogged("waiting for the database");
      await ends(terminate, end);
    });

    it("exits with code 0 on SIGTERM while the database accepts connections but never answers", async () => {
      const silent = createServer().listen(0, "127.0.0.1");
      await once(silent, "listening");
      const { port } = silent.address() as AddressInfo;
      try {
        const { terminate, end } = await program(
          `postgres://me:s3cret@127.0.0.1:${port}/films`,
        );
        await ends(terminate, end);
      } finally {
        silent.close();
      }
    });

    async function ends(
      terminate: () => Promise<void>,
      end: Promise<{ code: number | null; stdout: string; stderr: string }>,
    ) {
      await terminate();
      const { code, stdout, stderr } = await end;
      assert.equal(code, 0, stdout + stderr);
      assert.doesNotMatch(stdout + stderr, /s3cret|fatal/);
    }
  });

  it("returns 503 with Retry-After while the database is unavailable", async () => {
    const database = openDatabase({
      DATABASE_URL: "postgres://me:s3cret@127.0.0.1:1/films",
    });
    const { app } = createService();
    app.get("/films", async (c) => c.json(await database.query("SELECT 1")));
    const response = await app.request("/films");
    assert.equal(response.headers.get("retry-after"), "1");
    const { detail } = await problemOf(response, 503);
    assert.equal(
      detail,
      "The database is unavailable right now. Try again shortly.",
    );
    await assert.rejects(database.query("SELECT 1"), DatabaseUnavailableError);
  });
});
