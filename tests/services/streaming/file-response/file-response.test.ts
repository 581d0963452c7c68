import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { createService } from "../../../../packages/service-kit/index.ts";
import { respondWithFile } from "../../../../services/streaming/file-response/file-response.ts";
import {
  type FolderFile,
  openFolder,
} from "../../../../services/streaming/media/folder/store.ts";
import type { MediaFile } from "../../../../services/streaming/media/media-store.ts";
import { useFolders } from "../../../support/folders.ts";
import { problemOf } from "../../../support/problem.ts";
import { start, stopPrograms } from "../../../support/program.ts";

const cacheControl = "no-cache";
const content = randomBytes(200_000);

/** A file that fails the test when it is read or opened. */
const sealed: FolderFile = {
  size: 1000,
  etag: '"sealed"',
  modified: new Date("2026-03-01T12:00:00Z"),
  type: "video/mp4",
  path: "/nowhere",
  read: () => assert.fail("the file was read"),
  open: () => assert.fail("the file was opened"),
};

describe("File delivery", () => {
  const folder = useFolders();
  const servers: Server[] = [];
  stopPrograms();
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Starts a service whose only route answers with `answer`. */
  async function serving(
    answer: (c: Context) => Response | Promise<Response>,
    middleware: MiddlewareHandler[] = [],
  ) {
    const { app } = createService();
    for (const each of middleware) app.use(each);
    app.get("/", answer);
    const server = serve({ fetch: app.fetch, port: 0 }) as Server;
    servers.push(server);
    if (!server.listening) await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { app, port, url: `http://127.0.0.1:${port}/` };
  }

  async function large(size = content.length) {
    const path = join(folder(), "a.mp4");
    writeFileSync(path, size === content.length ? content : randomBytes(size));
    const file = await openFolder(join(path, "..")).find("a.mp4");
    return { path, file: file as MediaFile };
  }

  describe("requests that need no content", () => {
    const requests: [string, RequestInit, number][] = [
      ["answers HEAD without opening the file", { method: "HEAD" }, 200],
      [
        "answers HEAD with a Range without opening the file",
        { method: "HEAD", headers: { range: "bytes=0-9" } },
        200,
      ],
      [
        "answers 304 to If-None-Match: * without opening the file",
        { headers: { "if-none-match": "*" } },
        304,
      ],
      [
        "answers 304 to a current If-Modified-Since without opening the file",
        { headers: { "if-modified-since": sealed.modified.toUTCString() } },
        304,
      ],
      [
        "answers 412 to If-Match with another tag without opening the file",
        { headers: { "if-match": '"a"' } },
        412,
      ],
      [
        "answers 416 to a range past the end without opening the file",
        { headers: { range: "bytes=1000-" } },
        416,
      ],
    ];
    for (const [what, init, status] of requests)
      it(what, async () => {
        const { app, url } = await serving((c) =>
          respondWithFile(c, sealed, { cacheControl }),
        );
        assert.equal((await app.request("/", init)).status, status);
        assert.equal((await fetch(url, init)).status, status);
      });
  });

  it("answers 200 without a body for an empty file, and 416 for a range from its first byte", async () => {
    const empty = { ...sealed, size: 0 };
    const { url } = await serving((c) =>
      respondWithFile(c, empty, { cacheControl }),
    );
    for (const headers of [{}, { range: "bytes=-5" }] as HeadersInit[]) {
      const response = await fetch(url, { headers });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-length"), "0");
    }
    const response = await fetch(url, { headers: { range: "bytes=0-" } });
    assert.equal(response.headers.get("content-range"), "bytes */0");
    await problemOf(response, 416);
  });

  it("states the file's size in a 416 problem and its entity tag in a 412 problem", async () => {
    const { app } = await serving((c) =>
      respondWithFile(c, sealed, { cacheControl }),
    );
    const headers = { range: "bytes=1000-" };
    const response = await app.request("/", { headers });
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("etag"), null);
    const { detail } = await problemOf(response, 416);
    assert.equal(detail, "The file has 1000 bytes, from 0 to 999.");
    const other = await app.request("/", { headers: { "if-match": '"a"' } });
    assert.match(
      (await problemOf(other, 412)).detail,
      /entity tag is "sealed"/,
    );
  });

  it("sends the same ranges in memory as over a socket", async () => {
    const { file } = await large();
    const { app, url } = await serving((c) =>
      respondWithFile(c, file, { cacheControl }),
    );
    for (const range of [
      "bytes=0-",
      "bytes=5-70000",
      "bytes=0-9,100000-199999",
    ]) {
      const init = { headers: { range } };
      const bytes = async (response: Response) => {
        const type = response.headers.get("content-type") ?? "";
        const boundary = /boundary=(\w+)/.exec(type)?.[1] ?? "\n\n";
        const text = Buffer.from(await response.arrayBuffer());
        return text.toString("latin1").replaceAll(boundary, "boundary");
      };
      const memory = await bytes(await app.request("/", init));
      assert.ok(memory === (await bytes(await fetch(url, init))), range);
      assert.ok(memory.length >= 69_996);
    }
  });

  it("answers pipelined requests one after the other", async () => {
    const { file } = await large();
    const { port } = await serving((c) =>
      respondWithFile(c, file, { cacheControl }),
    );
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n".repeat(3));
    socket.write(
      "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nRange: bytes=0-9\r\n\r\n",
    );
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    let all = Buffer.concat(chunks);
    for (const expected of [
      content,
      content,
      content,
      content.subarray(0, 10),
    ]) {
      const body = all.indexOf("\r\n\r\n") + 4;
      assert.match(all.toString("latin1", 0, body), /^HTTP\/1\.1 20[06] /);
      assert.ok(all.subarray(body, body + expected.length).equals(expected));
      all = all.subarray(body + expected.length);
    }
    assert.equal(all.length, 0);
  });

  for (const [what, other, status] of [
    ["with a body", () => new Response("another", { status: 403 }), 403],
    ["without a body", () => new Response(null, { status: 204 }), 204],
  ] as const)
    it(`sends the response set by middleware instead of the file, ${what}`, async () => {
      const { file } = await large();
      const { url } = await serving(
        (c) => respondWithFile(c, file, { cacheControl }),
        [
          async (c, next) => {
            await next();
            c.res = undefined;
            c.res = other();
          },
        ],
      );
      const response = await fetch(url);
      assert.equal(response.status, status);
      assert.equal(await response.text(), await other().text());
    });

  it("reports a range request as 206 in log and metrics", async () => {
    const root = folder({ "a.mp4": "video" });
    const { url, untilLogged } = await start(
      "tests/support/programs/file-response.ts",
      {
        root,
      },
    );
    const path = "/files/a.mp4";
    await (await fetch(url + path, { headers: { range: "bytes=0-1" } })).text();
    await untilLogged("request", { path, status: 206 });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(
      metrics,
      /http_request_duration_seconds_count\{method="GET",route="\/files\/\*",status="206"\} 1/,
    );
  });
});
