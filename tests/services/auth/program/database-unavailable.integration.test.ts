import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { pageOf } from "../../../support/auth/browser.ts";
import { email, password } from "../../../support/auth/domain.ts";
import {
  cookiesOf,
  form,
  isReady,
  json,
  startAuth,
  startedAuth,
} from "../../../support/auth/program.ts";
import {
  createDatabase,
  startServer,
  type TestServer,
} from "../../../support/postgres.ts";
import { problemOf } from "../../../support/problem.ts";
import { stopPrograms } from "../../../support/program.ts";
import { until } from "../../../support/until.ts";

const docker = (...args: string[]) =>
  execFileSync("docker", args, { stdio: "ignore" });

describe("Auth without its database", () => {
  stopPrograms();
  let server: TestServer;
  let database = "";

  before(async function () {
    this.timeout("10m"); // the image may have to be built
    server = await startServer();
    database = await createDatabase(server.url);
  });

  const stopDatabase = () => docker("kill", server.container);
  const startDatabase = () => docker("start", server.container);

  it("waits for the database, and becomes ready once it is available", async () => {
    stopDatabase();
    const program = await startAuth(database);
    const { url, terminate, end } = program;
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    await problemOf(await fetch(`${url}/readyz`), 503);
    const response = await fetch(url);
    assert.equal(response.headers.get("retry-after"), "1");
    await problemOf(response, 503);
    startDatabase();
    await isReady(program);
    assert.equal((await fetch(url)).status, 200);
    await terminate();
    assert.equal((await end).code, 0);
  });

  it("exits on SIGTERM while it waits for the database", async () => {
    stopDatabase();
    const { terminate, end } = await startAuth(database);
    await terminate();
    assert.equal((await end).code, 0);
    startDatabase();
  });

  it("returns 503 to programs and people during an outage, and recovers", async () => {
    const { url } = await startedAuth(database);
    const account = { email, password };
    assert.equal((await fetch(`${url}/signup`, json(account))).status, 201);
    const signIn = await fetch(`${url}/sign-in`, form(account));
    const cookie = cookiesOf(signIn);
    stopDatabase();

    for (const path of ["/login", "/signup"]) {
      const response = await fetch(`${url}${path}`, json(account));
      assert.equal(response.headers.get("retry-after"), "1");
      const { detail } = await problemOf(response, 503);
      assert.match(detail, /^The database is unavailable right now/);
    }
    for (const path of ["/sign-in", "/sign-up"]) {
      const response = await fetch(`${url}${path}`, form(account));
      assert.equal(response.headers.get("retry-after"), "1");
      const { alert, input } = await pageOf(response, 503);
      assert.match(alert ?? "", /try again in a few seconds/);
      assert.match(input("email"), /value="ada@example\.com"/);
    }
    const first = await fetch(url, {
      headers: { accept: "text/html", cookie },
    });
    assert.equal(first.headers.get("retry-after"), "1");
    const { heading } = await pageOf(first, 503);
    assert.equal(heading, "We’ll be right back");
    const out = await fetch(`${url}/sign-out`, form({}, cookie));
    assert.deepEqual(out.headers.getSetCookie(), []);
    await pageOf(out, 503);

    // Visitors still get the sign-in page, and services the keys.
    assert.equal((await fetch(url)).status, 200);
    assert.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200);

    startDatabase();
    await until(
      async () => (await fetch(url, { headers: { cookie } })).status === 200,
    );
    const html = await (await fetch(url, { headers: { cookie } })).text();
    assert.match(html, /Signed in as/);
    assert.equal((await fetch(`${url}/login`, json(account))).status, 200);
  });
});
