import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { problemOf } from "../../../support/problem.ts";
import { got, raw, useFront } from "../../../support/streaming/gateway.ts";
import { useUpstream } from "../../../support/streaming/upstream.ts";

describe("Proxied responses", () => {
  const upstream = useUpstream();
  const front = useFront(upstream);
  const last = () => upstream.requests.at(-1) as IncomingMessage;

  it("keeps the status and all headers except hop-by-hop ones", async () => {
    upstream.handler = (_, response) =>
      response
        .writeHead(409, [
          ...["Set-Cookie", "a=1; Path=/", "Set-Cookie", "b=2; HttpOnly"],
          ...["Cache-Control", "no-store", "Content-Type", "text/plain"],
          ...["X-Many", "1", "X-Many", "2", "Connection", "X-Hop"],
          ...["X-Hop", "1", "WWW-Authenticate", 'Bearer realm="x"'],
        ])
        .end("no");
    const answer = await raw(front, "/a");
    assert.equal(answer.statusCode, 409);
    const { headers } = answer;
    assert.deepEqual(headers["set-cookie"], ["a=1; Path=/", "b=2; HttpOnly"]);
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["content-type"], "text/plain");
    assert.equal(headers["x-many"], "1, 2");
    assert.equal(headers["x-hop"], undefined);
    assert.equal(headers["www-authenticate"], 'Bearer realm="x"');
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(answer.text, "no");
  });

  it("sends the service's own Content-Security-Policy or streaming's default, never both", async () => {
    const name = "content-security-policy";
    upstream.handler = (_, response) =>
      response.writeHead(200, { [name]: "default-src 'none'" }).end();
    const its = await raw(front, "/a");
    assert.deepEqual(got(its, name), ["default-src 'none'"]);
    upstream.handler = (_, response) => response.end();
    const [ours = "", ...more] = got(await raw(front, "/a"), name);
    assert.match(ours, /^default-src 'self'/);
    assert.deepEqual(more, []);
  });

  it("forwards responses without a body", async () => {
    upstream.handler = ({ method }, response) =>
      method === "HEAD"
        ? response.writeHead(200, { "content-length": 5000 }).end()
        : response.writeHead(304, { etag: '"1"' }).end();
    const head = await raw(front, "/a", { method: "HEAD" });
    assert.equal(last().method, "HEAD");
    assert.equal(head.headers["content-length"], "5000");
    const same = await raw(front, "/a");
    assert.equal(same.statusCode, 304);
    assert.equal(same.headers.etag, '"1"');
    upstream.handler = (_, response) => response.writeHead(204).end();
    assert.equal((await raw(front, "/a")).statusCode, 204);
  });

  it("forwards the service's own problem document", async () => {
    upstream.handler = (_, response) =>
      response
        .writeHead(404, { "content-type": "application/problem+json" })
        .end('{"status":404,"detail":"its own"}');
    const response = await fetch(`${front.url}/a`);
    assert.equal((await problemOf(response, 404)).detail, "its own");
  });

  describe("redirects", () => {
    const led = async (to: string, path = "/a") => {
      upstream.handler = (_, response) =>
        response.writeHead(303, { location: to }).end();
      return (await raw(front, path)).headers.location;
    };
    for (const to of [
      ...["/", "/x?y=1#z", "x", "./x", "../x", "?q", ""],
      ...["https://elsewhere.example/x", "//elsewhere.example/x"],
      ...["http://127.0.0.1:1/x", "mailto:a@example.com"],
    ])
      it(`keeps the Location "${to}"`, async () => {
        assert.equal(await led(to), to);
      });
    it("replaces a Location on the service's own origin by its path", async () => {
      assert.equal(await led(`${upstream.url}/x?y=1#z`), "/x?y=1#z");
      assert.equal(await led(upstream.url), "/");
    });
    it("adds the prefix to a Location on the service's own path", async () => {
      const path = "/api/things";
      assert.equal(await led("/things/1", path), "/api/things/1");
      assert.equal(await led(`${upstream.url}/x`, path), "/api/x");
      assert.equal(await led("things/1", path), "things/1");
    });
  });
});
