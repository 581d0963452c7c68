import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { open, takesConnections } from "../../../support/connection.ts";
import { runToEnd, start, stopPrograms } from "../../../support/program.ts";
import { until } from "../../../support/until.ts";

const file = "tests/support/programs/program.ts";

/** Starts a service whose shutdown has phases of these milliseconds: to answer requests, and to finish them. */
const program = (closeAfterMs: number, killAfterMs: number) =>
  start(file, { shutdownTimes: { closeAfterMs, killAfterMs } });

/** Ends the responses that the service holds. */
const release = (pid: number) => process.kill(pid, "SIGUSR2");

/** Milliseconds. As long as a test's timeout: a test that waits for it fails. */
const long = 60_000;

describe("serve", () => {
  stopPrograms();

  it("exits with code 1 and logs which port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    try {
      const options = JSON.stringify({ port });
      const { code, stdout, stderr } = await runToEnd(file, {}, options);
      const { level, msg } = JSON.parse(stdout);
      assert.equal(code, 1);
      assert.equal(level, "fatal");
      assert.equal(
        msg,
        `can't listen on port ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
      );
      assert.equal(stderr, "");
    } finally {
      other.close();
    }
  });

  it("rejects a body above the limit with and without Content-Length", async () => {
    const { url } = await program(0, 0);
    const post = async (body: Uint8Array | ReadableStream) => {
      const init = { method: "POST", body, duplex: "half" };
      return (await fetch(`${url}/login`, init as RequestInit)).status;
    };
    const megabyte = new Uint8Array(1 << 20);
    assert.equal(await post(megabyte), 413);
    assert.equal(await post(new Blob([megabyte]).stream()), 413);
  });
});

describe("serve: shutdown", () => {
  stopPrograms();

  it("completes a running request after SIGTERM", async () => {
    const { pid, url, untilLogged, terminate, end } = await program(50, long);
    const request = fetch(`${url}/held`);
    await untilLogged("begun");
    await terminate();
    release(pid);
    assert.equal(await (await request).text(), "released");
    assert.equal((await end).code, 0);
  });

  it("sends Connection: close with the response to a running request", async () => {
    const { pid, port, untilLogged, terminate } = await program(long, long);
    const client = open(port);
    client.get("/held");
    await untilLogged("begun");
    await terminate();
    release(pid);
    assert.match(await client.until("released"), /^connection: close\r$/im);
    await client.closed;
  });

  it("answers one more request on an open connection, then closes it", async () => {
    const { port, terminate } = await program(long, long);
    const client = open(port);
    client.get("/hello");
    assert.match(await client.until("hello"), /^connection: keep-alive\r$/im);
    await terminate();
    client.get("/hello");
    const answer = await client.until("hello");
    assert.match(answer, /^HTTP\/1\.1 200 OK\r$/m);
    assert.match(answer, /^connection: close\r$/im);
    await client.closed;
  });

  it("still answers requests on new connections after SIGTERM", async () => {
    const { url, terminate } = await program(long, long);
    await terminate();
    const response = await fetch(`${url}/hello`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("connection"), "close");
  });

  it("returns 503 from /readyz after SIGTERM", async () => {
    const { url, terminate } = await program(long, long);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    await terminate();
    assert.equal((await fetch(`${url}/readyz`)).status, 503);
  });

  it("refuses new connections after a while, and completes a running request", async () => {
    const { pid, port, url, untilLogged, terminate } = await program(50, long);
    const request = fetch(`${url}/held`);
    await untilLogged("begun");
    await terminate();
    await until(async () => !(await takesConnections(port)));
    release(pid);
    assert.equal((await request).status, 200);
  });

  it("exits even if clients keep idle connections open", async () => {
    const { port, terminate, end } = await program(50, long);
    const [used, unused] = [open(port), open(port)];
    await once(unused.socket, "connect");
    used.get("/hello");
    await used.until("hello");
    await terminate();
    assert.equal((await end).code, 0);
    await Promise.all([used.closed, unused.closed]);
  });

  it("exits after the last response, even if its client stays connected", async () => {
    const { pid, port, untilLogged, terminate, end } = await program(50, long);
    const client = open(port);
    client.get("/held-body"); // its headers are sent before the shutdown, without "close"
    await untilLogged("begun");
    await client.until("first\r\n");
    await terminate();
    release(pid);
    await client.until("0\r\n\r\n");
    assert.equal((await end).code, 0);
  });

  it("delivers a whole response to a client that reads slowly", async () => {
    const { port, untilLogged, terminate, end } = await program(50, long);
    const client = open(port);
    client.socket.pause();
    client.get("/large");
    await untilLogged("request");
    await terminate();
    await until(async () => !(await takesConnections(port)));
    client.socket.resume();
    await client.closed;
    const [, body] = client.all().split("\r\n\r\n");
    assert.equal(body?.length, 16 << 20);
    assert.equal((await end).code, 0);
  });

  it("closes connections that outlast the drain", async () => {
    const { port, untilLogged, terminate, end } = await program(50, 200);
    const client = open(port);
    client.get("/held-body");
    await untilLogged("begun");
    await terminate();
    await client.closed;
    assert.doesNotMatch(client.all(), /last/);
    assert.equal((await end).code, 0);
  });

  it("drains on SIGINT too", async () => {
    const { pid, url, untilLogged, terminate, end } = await program(50, long);
    const request = fetch(`${url}/held`);
    await untilLogged("begun");
    await terminate("SIGINT");
    release(pid);
    assert.equal((await request).status, 200);
    assert.equal((await end).code, 0);
  });

  it("ends at once on a second signal", async () => {
    const { pid, terminate, end } = await program(long, long);
    await terminate();
    process.kill(pid, "SIGTERM");
    assert.equal((await end).code, null);
  });
});
