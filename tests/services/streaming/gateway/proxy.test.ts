import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { raw, useFront } from "../../../support/streaming/gateway.ts";
import { useUpstream } from "../../../support/streaming/upstream.ts";

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

describe("Proxied requests", () => {
  const upstream = useUpstream();
  const front = useFront(upstream);
  /** The last request that the service received. */
  const last = () => upstream.requests.at(-1) as IncomingMessage;

  for (const path of [
    ...["/", "/b", "/a/", "/a/b", "/things", "/things/", "/things/1/2"],
    ...["/api/a", "/api/things/1", "/api", "//a", "/A", "/a%2Fb/c"],
    // Paths with an encoded prefix: removing the prefix's length from them would leave another path.
    ...["/%61pi/things", "/ap%69/things"],
    // Paths that URL parsing turns into others.
    ...["/things/..", "/things/.", "/things/%2e%2e", "/things/%2E%2e?x"],
    ...["/things/../b", "/things/..\\b", "/api/things/../../b"],
    ...["/things/%2e%2e/%2e%2e/b", "/a/../things", "/things/\\evil.example/"],
  ])
    it(`does not forward ${path}`, async () => {
      const expected = path.includes("\\") ? 400 : 404; // not a valid URL
      assert.equal((await raw(front, path)).statusCode, expected);
      assert.deepEqual(upstream.requests, []);
    });

  it("forwards method, path, query and body unchanged", async () => {
    let body = "";
    upstream.handler = async (request, response) => {
      body = await text(request);
      response.writeHead(201).end("made");
    };
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const sent = `${method} ü`;
      const answer = await raw(front, "/things/%7E1?a=1&a=%20+&b=", {
        method,
        headers: {
          "content-type": "text/plain",
          "content-length": Buffer.byteLength(sent),
        },
        body: sent,
      });
      assert.equal(answer.statusCode, 201);
      assert.equal(answer.text, "made");
      assert.equal(last().method, method);
      assert.equal(last().url, "/things/%7E1?a=1&a=%20+&b=");
      assert.equal(last().headers["content-type"], "text/plain");
      assert.equal(body, sent);
    }
  });

  it("removes the prefix from the forwarded path", async () => {
    await raw(front, "/api/things?x=/api");
    assert.equal(last().url, "/things?x=/api");
  });

  it("rejects other methods with 405", async () => {
    for (const method of ["OPTIONS", "TRACE", "PROPFIND"]) {
      const { statusCode } = await raw(front, "/a", { method });
      assert.equal(statusCode, 405, method);
    }
    assert.deepEqual(upstream.requests, []);
  });

  it("forwards a chunked body without a Content-Length", async () => {
    upstream.handler = async (request, response) =>
      response.end(await text(request));
    const headers = { "transfer-encoding": "chunked" };
    const body = "x".repeat(60_000);
    const answer = await raw(front, "/a", { method: "POST", headers, body });
    assert.equal(answer.text, body);
    assert.equal(last().headers["content-length"], undefined);
  });

  it("rejects a body over 64 KiB with 413", async () => {
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const body = "x".repeat(65_537);
      const init = { method: "POST", headers, body };
      assert.equal((await raw(front, "/a", init)).statusCode, 413);
    }
  });

  it("drops the body of a GET, which the service would take for the next request", async () => {
    upstream.handler = async (request, response) =>
      response.end(`${request.url} ${await text(request)}`);
    const smuggled = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    const first = await raw(front, "/a", {
      method: "GET",
      headers: { "content-length": smuggled.length },
      body: smuggled,
    });
    assert.equal(first.text, "/a ");
    assert.equal((await raw(front, "/things/1")).text, "/things/1 ");
    assert.deepEqual(
      upstream.requests.map(({ url }) => url),
      ["/a", "/things/1"],
    );
  });

  it("forwards Host and the browser's other headers unchanged", async () => {
    await raw(front, "/a", {
      headers: {
        host: "marquee.example:8443",
        origin: "https://marquee.example:8443",
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "navigate",
        cookie: "a=1; b=2",
        "accept-encoding": "br",
        "user-agent": "a browser",
        authorization: "Bearer a.b.c",
      },
    });
    const { headers } = last();
    assert.equal(headers.host, "marquee.example:8443");
    assert.equal(headers.origin, "https://marquee.example:8443");
    assert.equal(headers["sec-fetch-site"], "same-origin");
    assert.equal(headers["sec-fetch-mode"], "navigate");
    assert.equal(headers.cookie, "a=1; b=2");
    assert.equal(headers["accept-encoding"], "br");
    assert.equal(headers["user-agent"], "a browser");
    assert.equal(headers.authorization, "Bearer a.b.c");
    assert.equal(headers["accept-language"], undefined);
  });

  it("drops hop-by-hop headers and those named by Connection", async () => {
    await raw(front, "/a", {
      headers: {
        connection: "close, X-Mine",
        "x-mine": "1",
        "keep-alive": "timeout=9",
        te: "trailers",
        "proxy-authorization": "Basic eDp5",
        "x-other": "2",
      },
    });
    const { headers } = last();
    for (const name of ["x-mine", "keep-alive", "te", "proxy-authorization"])
      assert.equal(headers[name], undefined, name);
    assert.equal(headers["x-other"], "2");
  });

  it("forwards the client's request id, or generates one", async () => {
    const answer = await raw(front, "/a");
    const id = last().headers["x-request-id"] as string;
    assert.match(id, uuid);
    assert.equal(answer.headers["x-request-id"], id);
    await raw(front, "/a", { headers: { "x-request-id": "trace-7" } });
    assert.equal(last().headers["x-request-id"], "trace-7");
  });
});
