import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  defaultKeepAlive,
  keepConnections,
} from "../../../../packages/service-kit/http/keep-alive.ts";
import { authEnvironment, authProgram } from "../../../support/auth/program.ts";
import { open } from "../../../support/connection.ts";
import { freePort } from "../../../support/free-port.ts";
import {
  paymentEnvironment,
  paymentProgram,
} from "../../../support/payment/program.ts";
import { start, stopPrograms } from "../../../support/program.ts";
import {
  streamingEnvironment,
  streamingProgram,
} from "../../../support/streaming/program.ts";

describe("keepConnections", () => {
  let server: Server;

  beforeEach(() => {
    server = createServer((_, response) => response.end("hello"));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const listen = async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  /** A connection that has received one response. */
  const used = async (port: number) => {
    const client = open(port);
    client.get("/hello");
    return { ...client, response: await client.until("hello") };
  };

  it("keeps idle connections for 620 s by default, longer than Google's load balancers", () => {
    keepConnections(server, defaultKeepAlive);
    assert.equal(server.keepAliveTimeout, 620_000);
  });

  it("sends its timeout in the Keep-Alive header", async () => {
    keepConnections(server, { seconds: 620, maxConnections: 1 });
    const { response } = await used(await listen());
    assert.match(response, /^connection: keep-alive\r$/im);
    assert.match(response, /^keep-alive: timeout=620\r$/im);
  });

  it("closes a connection that is idle for longer than the timeout", async () => {
    keepConnections(server, { seconds: 0.05, maxConnections: 1 });
    const { closed } = await used(await listen());
    await closed;
  });

  it("closes connections beyond the limit after their response, and refuses none", async () => {
    keepConnections(server, { seconds: 620, maxConnections: 2 });
    const port = await listen();
    const [first, second] = [await used(port), await used(port)];
    for (let i = 0; i < 3; i++) {
      const third = await used(port);
      assert.match(third.response, /^HTTP\/1\.1 200 OK\r$/m);
      assert.match(third.response, /^connection: close\r$/im);
      await third.closed;
    }
    for (const { get, until } of [first, second]) {
      get("/hello");
      assert.match(await until("hello"), /^connection: keep-alive\r$/im);
    }
  });

  it("keeps a new connection open once another one is closed", async () => {
    keepConnections(server, { seconds: 620, maxConnections: 1 });
    const port = await listen();
    const [first, [socket]] = await Promise.all([
      used(port),
      once(server, "connection"),
    ]);
    first.socket.destroy();
    await once(socket, "close");
    const { response } = await used(port);
    assert.match(response, /^connection: keep-alive\r$/im);
  });
});

describe("serve: keepAlive", () => {
  stopPrograms();

  it("sends its timeout to clients, and closes idle connections on shutdown", async () => {
    const { port, terminate, end } = await start(
      "tests/support/programs/program.ts",
      {
        keepAlive: { seconds: 4060 },
        shutdownTimes: { closeAfterMs: 50, killAfterMs: 60_000 },
      },
    );
    const client = open(port);
    client.get("/hello");
    assert.match(await client.until("hello"), /^keep-alive: timeout=4060\r$/im);
    await terminate();
    await client.closed;
    assert.equal((await end).code, 0);
  });

  for (const [program, environment] of [
    [authProgram, authEnvironment],
    [paymentProgram, paymentEnvironment],
    [streamingProgram, streamingEnvironment],
  ] as const)
    it(`reads KEEP_ALIVE_SECONDS in ${program}`, async () => {
      const { url } = await start(
        program,
        {},
        {
          ...environment,
          PORT: `${await freePort()}`,
          KEEP_ALIVE_SECONDS: "4060",
        },
      );
      const { headers } = await fetch(`${url}/livez`);
      assert.equal(headers.get("keep-alive"), "timeout=4060");
    });
});
