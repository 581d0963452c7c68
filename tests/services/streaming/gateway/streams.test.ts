import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { mock } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { browserAccept, errorPageOf } from "../../../support/page.ts";
import { problemOf } from "../../../support/problem.ts";
import { raw, useFront } from "../../../support/streaming/gateway.ts";
import { useUpstream } from "../../../support/streaming/upstream.ts";
import { until } from "../../../support/until.ts";

const timeoutMs = 300;
const post = { method: "POST", body: "x" };

async function assertFailed(response: Response, status: number) {
  assert.equal(response.headers.get("retry-after"), "1");
  const { detail } = await problemOf(response, status);
  assert.equal(detail, "/a is unavailable right now.");
}

describe("Proxy to an unavailable service", () => {
  const upstream = useUpstream();
  const front = useFront(upstream);
  const ask = (init?: RequestInit) => fetch(`${front.url}/a`, init);

  it("returns 502 when the service is unreachable", async () => {
    await upstream.down();
    await assertFailed(await ask(), 502);
    await assertFailed(await ask(post), 502);
  });

  it("returns 502 when the service drops the connection or does not answer in HTTP", async () => {
    upstream.handler = (_, response) => response.destroy();
    await assertFailed(await ask(), 502);
    upstream.handler = ({ socket }) => socket.end("no HTTP\r\n\r\n");
    await assertFailed(await ask(), 502);
  });

  it("returns an error page to a browser", async () => {
    await upstream.down();
    const response = await ask({ headers: { accept: browserAccept } });
    assert.equal(response.headers.get("retry-after"), "1");
    const { text } = await errorPageOf(response, 502);
    assert.match(text, /Please try again in a few seconds\./);
  });

  it("retries a GET after a dropped connection, but not a POST", async () => {
    const cutOnce = () => {
      let cut = false;
      upstream.requests = [];
      upstream.handler = (_, response) => {
        if (cut) response.end("there");
        else response.destroy();
        cut = true;
      };
    };
    cutOnce();
    assert.equal(await (await ask()).text(), "there");
    cutOnce();
    await assertFailed(await ask(post), 502);
    assert.equal(upstream.requests.length, 1);
  });

  it("answers other requests while one is waiting", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    upstream.handler = ({ url }, response) => {
      if (url === "/a") held.resolve(response);
      else response.end("there");
    };
    const waiting = ask();
    const response = await held.promise;
    assert.equal((await raw(front, "/things/1")).text, "there");
    response.end("late");
    assert.equal(await (await waiting).text(), "late");
  });
});

describe("Proxy to a service that does not answer", () => {
  const upstream = useUpstream();
  const front = useFront(upstream, { timeoutMs });
  const ask = (init?: RequestInit) => fetch(`${front.url}/a`, init);

  it("returns 504 without a retry when the service does not answer in time", async () => {
    upstream.handler = () => {};
    for (const init of [{}, post]) {
      const began = performance.now();
      await assertFailed(await ask(init), 504);
      const took = performance.now() - began;
      assert.ok(took >= timeoutMs - 10, `${took} ms`);
    }
    assert.equal(upstream.requests.length, 2, "a request was retried");
  });
});

describe("Proxied bodies", () => {
  const upstream = useUpstream();
  const front = useFront(upstream, { timeoutMs });
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());
  const begin = async (path = "/a") => {
    const sent = request({ host: "127.0.0.1", port: front.port, path }).end();
    sent.on("error", () => {});
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return { sent, answer };
  };

  it("streams a response that takes longer than the timeout", async () => {
    let its: ServerResponse | undefined;
    upstream.handler = (_, response) => {
      its = response;
      response.write("one");
    };
    const { answer } = await begin();
    const chunks = answer[Symbol.asyncIterator]();
    const next = async () => `${(await chunks.next()).value}`;
    assert.equal(await next(), "one");
    mock.timers.tick(2 * timeoutMs); // longer than the headers may take
    its?.write("two");
    assert.equal(await next(), "two");
    its?.end("three");
    assert.equal(await next(), "three");
    assert.equal((await chunks.next()).done, true);
  });

  it("streams a request body that takes longer than the timeout", async () => {
    const seen: string[] = [];
    upstream.handler = async (incoming, response) => {
      for await (const chunk of incoming) seen.push(`${chunk}`);
      response.end("done");
    };
    const sending = request({
      ...{ host: "127.0.0.1", port: front.port, path: "/a", method: "POST" },
      headers: { "content-length": 6 },
    });
    sending.write("one");
    await until(() => seen.length === 1);
    mock.timers.tick(2 * timeoutMs); // longer than the service's timeout
    sending.end("two");
    const [answer] = (await once(sending, "response")) as [IncomingMessage];
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(seen, ["one", "two"]);
    answer.resume();
  });

  it("returns 504 when the service does not answer in time after the request body", async () => {
    const received: string[] = [];
    let ended = false;
    upstream.handler = async (incoming) => {
      for await (const chunk of incoming) received.push(`${chunk}`);
      ended = true;
    };
    const sending = request({
      ...{ host: "127.0.0.1", port: front.port, path: "/a", method: "POST" },
      headers: { "content-length": 6 },
    });
    const answer = once(sending, "response") as Promise<[IncomingMessage]>;
    let answered = false;
    answer.then(() => {
      answered = true;
    });
    sending.write("one");
    await until(() => received.length === 1);
    mock.timers.tick(2 * timeoutMs); // the time that the client takes does not count
    sending.end("two");
    await until(() => ended);
    mock.timers.tick(timeoutMs - 1);
    await delay(20);
    assert.equal(answered, false);
    mock.timers.tick(1);
    const [response] = await answer;
    assert.equal(response.statusCode, 504);
    response.resume();
  });

  for (const [what, headers] of [
    ["with a Content-Length", { "content-length": 100 }],
    ["without a Content-Length", {}],
  ] as const)
    it(`aborts a response ${what} when the service drops it halfway`, async () => {
      let drop = () => {};
      upstream.handler = (_, response) => {
        response.writeHead(200, headers).write("half");
        drop = () => response.destroy();
      };
      const { answer } = await begin();
      drop();
      await assert.rejects(answer.toArray(), { code: "ECONNRESET" });
      assert.equal(answer.complete, false);
    });

  it("limits the bytes buffered for a client that does not read", async () => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    const most = 64 * 1024 * 1024;
    let written = 0;
    upstream.handler = async (_, response) => {
      const closed = once(response, "close");
      while (written < most && !response.destroyed) {
        written += chunk.length;
        if (!response.write(chunk))
          await Promise.race([once(response, "drain"), closed]);
      }
      response.end();
    };
    const { sent, answer } = await begin();
    answer.pause();
    let before = -1;
    // Until no more bytes are written.
    while (before !== written) {
      before = written;
      await delay(300);
    }
    // The kernel's buffers of both connections, and ours, hold a few MiB.
    assert.ok(written < 24 * 1024 * 1024, `${written} bytes are buffered`);
    const ended = once(answer, "end");
    answer.resume();
    await ended;
    assert.ok(written >= most);
    sent.destroy();
  });
});

describe("Proxied requests without a time limit", () => {
  const upstream = useUpstream();
  const front = useFront(upstream, { timeoutMs: 3_600_000 });

  for (const [when, begin] of [
    ["before the response", () => {}],
    [
      "during the response",
      (response: ServerResponse) => response.write("half"),
    ],
  ] as const)
    it(`closes the service's connection when the client disconnects ${when}`, async () => {
      const requested = Promise.withResolvers<ServerResponse>();
      upstream.handler = (_, response) => requested.resolve(response);
      const { port } = front;
      const sent = request({ host: "127.0.0.1", port, path: "/a" }).end();
      sent.on("error", () => {});
      const response = await requested.promise;
      begin(response);
      if (response.headersSent) {
        const [answer] = (await once(sent, "response")) as [IncomingMessage];
        await once(answer, "data");
      }
      const closed = once(response, "close");
      sent.destroy();
      await closed;
      assert.equal(upstream.requests.length, 1, "the request was retried");
    });
});
