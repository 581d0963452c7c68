import assert from "node:assert/strict";
import { once } from "node:events";
import { logger } from "../../../../packages/service-kit/index.ts";
import { open } from "../../../support/connection.ts";
import { type Line, start, stopPrograms } from "../../../support/program.ts";

const program = (options = {}) =>
  start("tests/support/programs/program.ts", options);

/** A log line without its time and duration. */
function steady({ time: _time, ms: _ms, ...line }: Line): Line {
  return line;
}

describe("Service log", () => {
  stopPrograms();

  it("contains a line of JSON for each request", async () => {
    const { url, untilLogged } = await program();
    const headers = { "X-Request-Id": "trace-7" };
    await fetch(`${url}/titles/1`, { headers });
    const line = await untilLogged("request");
    assert.deepEqual(steady(line), {
      level: "info",
      requestId: "trace-7",
      method: "GET",
      path: "/titles/1",
      status: 200,
      msg: "request",
    });
    assert.match(String(line.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok((line.ms as number) >= 0);
  });

  it("contains the status that the client received", async () => {
    const { url, untilLogged } = await program();
    for (const [path, status] of [
      ["/nowhere", 404],
      ["/forbidden", 403],
      ["/broken", 500],
    ] as const) {
      const response = await fetch(url + path);
      assert.equal(response.status, status);
      await untilLogged("request", { path, status });
    }
    await fetch(`${url}/hello`, { method: "DELETE" });
    await untilLogged("request", { method: "DELETE", status: 405 });
  });

  it("contains the error behind a 500, with the request's id", async () => {
    const { url, untilLogged } = await program();
    const headers = { "X-Request-Id": "trace-7" };
    await fetch(`${url}/broken`, { headers });
    const line = await untilLogged("request failed", { requestId: "trace-7" });
    const { message, stack } = line.err as Record<string, string>;
    assert.equal(line.level, "error");
    assert.equal(message, "the database is on fire");
    assert.match(stack ?? "", /programs\/program\.ts:\d+/);
  });

  it("contains the request's id in a route's own lines", async () => {
    const { pid, url, untilLogged } = await program();
    const headers = { "X-Request-Id": "trace-8" };
    const request = fetch(`${url}/held`, { headers });
    await untilLogged("begun", { requestId: "trace-8" });
    process.kill(pid, "SIGUSR2");
    await request;
  });

  it("omits requests to probes and metrics", async () => {
    const { url, lines, untilLogged } = await program();
    for (const path of ["/livez", "/readyz", "/metrics", "/hello"])
      await fetch(url + path);
    await untilLogged("request", { path: "/hello" });
    assert.equal(lines.filter(({ msg }) => msg === "request").length, 1);
  });

  it("omits requests logged at debug unless LOG_LEVEL is debug", async () => {
    const { url, lines, untilLogged } = await program();
    for (const path of ["/polled", "/hello"]) await fetch(url + path);
    await untilLogged("request", { path: "/hello" });
    assert.equal(lines.filter(({ msg }) => msg === "request").length, 1);

    const env = { LOG_LEVEL: "debug" };
    const verbose = await start("tests/support/programs/program.ts", {}, env);
    await fetch(`${verbose.url}/polled`);
    await verbose.untilLogged("request", { path: "/polled", level: "debug" });
  });

  it("never contains a password, even if a route logs it carelessly", async () => {
    const { url, out, untilLogged } = await program();
    await fetch(`${url}/login?password=hunter2`, {
      method: "POST",
      body: new URLSearchParams({ password: "hunter2" }),
      headers: { authorization: "Basic hunter2" },
    });
    await untilLogged("request", { path: "/login" });
    assert.match(out.stdout, /careless.*careless.*no such user/s);
    assert.doesNotMatch(out.stdout + out.stderr, /hunter2/);
  });

  it("contains only JSON when clients disconnect during a response", async () => {
    const times = { answer: 0, finish: 0 };
    const { port, out, untilLogged, terminate, end } = await program({ times });
    for (const path of ["/large", "/held-body"]) {
      const client = open(port);
      client.get(path);
      await once(client.socket, "data");
      client.socket.destroy();
      await untilLogged("request", { path });
    }
    await terminate();
    await end;
    for (const line of out.stdout.trim().split("\n")) JSON.parse(line);
    assert.equal(out.stderr, "");
  });

  it("starts at the level of LOG_LEVEL", () => {
    assert.equal(logger.level, process.env.LOG_LEVEL);
  });
});
