import assert from "node:assert/strict";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { openBucket } from "../../../../services/streaming/media/s3/store.ts";
import { useS3 } from "../../../support/s3-server.ts";
import { useTcpProxies } from "../../../support/tcp-proxy.ts";

/** Answers that a real bucket can't be made to give. */
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const content = Buffer.from("0123456789");

const object = {
  etag: '"one"',
  "last-modified": "Fri, 27 Nov 2026 08:00:00 GMT",
};

/** Answers HEAD for the whole object. */
const head: Answer = (response) =>
  response.writeHead(200, { ...object, "content-length": 10 }).end();

const status =
  (code: number, headers = {}, body = ""): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body);

/** Answers with part of the object; `headers` replace the right ones. */
const part =
  (start: number, end: number, headers = {}): Answer =>
  (response) =>
    response
      .writeHead(206, {
        ...object,
        "content-range": `bytes ${start}-${end}/10`,
        "content-length": end - start + 1,
        ...headers,
      })
      .end(content.subarray(start, end + 1));

describe("S3 bucket: failures", () => {
  const s3 = useS3();
  const proxyTo = useTcpProxies();
  const servers: { close(): void; closeAllConnections?(): void }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections?.();
    }
  });

  /** Answers requests in order, and repeats the last answer. */
  async function serve(...answers: Answer[]) {
    const requests: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      requests.push(request);
      answers[Math.min(requests.length, answers.length) - 1]?.(
        response,
        request,
      );
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { endpoint: `http://127.0.0.1:${port}`, requests };
  }

  const find = (endpoint: string, changed = {}) =>
    openBucket({ ...s3().options, endpoint, ...changed }).find("a.mp4");

  const assertUnavailable = (promise: Promise<unknown>, message: RegExp) =>
    assert.rejects(promise, { name: "MediaUnavailableError", message });

  const read = async (endpoint: string, start: number, end: number) => {
    const file = await find(endpoint);
    const chunks: Uint8Array[] = [];
    for await (const chunk of file?.read(start, end) ?? []) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it("fails with MediaUnavailableError after the timeout when the bucket never answers", async () => {
    const server = createTcp((socket) => socket.on("error", () => {}));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const start = performance.now();
    await assertUnavailable(
      find(`http://127.0.0.1:${port}`, { timeoutSeconds: 0.6 }),
      /^The bucket "titles" at http:\/\/127.0.0.1:\d+ is unavailable: no response in time\.$/,
    );
    const took = performance.now() - start;
    assert.ok(took > 490, `${took} ms`);
  });

  it("fails with MediaUnavailableError before the timeout when the connection is refused", async () => {
    await assertUnavailable(
      find("http://127.0.0.1:1", { timeoutSeconds: 3_600 }),
      / is unavailable: connect ECONNREFUSED/,
    );
  });

  it("opens a new connection when a kept one is dead", async () => {
    const proxy = await proxyTo(s3().options.endpoint);
    await s3().put("a.mp4", content);
    const { endpoint: _, ...rest } = s3().options;
    const store = openBucket({
      ...rest,
      endpoint: proxy.url,
      timeoutSeconds: 2,
    });
    assert.equal(await store.find("none.mp4"), undefined);
    proxy.drop();
    assert.equal((await store.find("a.mp4"))?.size, 10);
  });

  it("retries until the third attempt succeeds", async () => {
    const { endpoint, requests } = await serve(
      status(503),
      (response) => response.destroy(),
      head,
    );
    assert.equal((await find(endpoint))?.etag, '"one"');
    assert.equal(requests.length, 3);
  });

  it("gives up after three attempts and reports the status", async () => {
    const slow = "<Error><Code>SlowDown</Code></Error>";
    const { endpoint, requests } = await serve(status(503, {}, slow));
    await assertUnavailable(
      find(endpoint),
      / is unavailable: it responded with 503\.$/,
    );
    assert.equal(requests.length, 3);
  });

  it("rejects answers that are not an S3 bucket's", async () => {
    for (const [answer, message] of [
      [status(404, {}, "<html>Not Found</html>"), /it responded with 404\.$/],
      [status(302, { location: "/" }), /it responded with 302\.$/],
      [status(200), /without a strong ETag, Content-Length or Last-Modified/],
      [
        status(200, { ...object, "content-length": 1, etag: 'W/"a"' }),
        /without a strong ETag/,
      ],
      [
        status(301, { "x-amz-bucket-region": "eu-west-1" }),
        /it responded with 301, the bucket is in region eu-west-1, but/,
      ],
    ] as const) {
      const { endpoint } = await serve(answer);
      await assertUnavailable(find(endpoint), message);
    }
  });

  it("sends no secret except the session token, which is signed", async () => {
    const { endpoint, requests } = await serve(head);
    await find(endpoint, { sessionToken: "temporary" });
    const { headers } = requests[0] as IncomingMessage;
    assert.equal(headers["x-amz-security-token"], "temporary");
    assert.match(headers.authorization ?? "", /;x-amz-security-token,/);
    assert.ok(!JSON.stringify(headers).includes(s3().options.secretAccessKey));
  });

  it("rejects answers without the requested range", async () => {
    for (const [answer, message] of [
      [
        (response: ServerResponse) => response.writeHead(200).end(content),
        /can't be used: it does not support ranges, and responded with all of a\.mp4\.$/,
      ],
      [
        part(3, 6),
        /asked for bytes 2-5\/10 of a\.mp4, it responded with bytes 3-6\/10, 4 bytes long\.$/,
      ],
      [part(2, 4), /responded with bytes 2-4\/10, 3 bytes long/],
      [
        part(2, 5, { "content-range": "bytes 2-5/11" }),
        /responded with bytes 2-5\/11/,
      ],
      [
        part(2, 4, { "content-range": "bytes 2-5/10", "content-length": 3 }),
        /responded with bytes 2-5\/10, 3 bytes long/,
      ],
      [status(416), /can't be used: it responded with 416/],
      [
        status(403, {}, "<Error><Code>RequestTimeTooSkewed</Code></Error>"),
        /403 RequestTimeTooSkewed, this machine's clock is wrong\.$/,
      ],
    ] as const) {
      const { endpoint } = await serve(head, answer);
      await assertUnavailable(read(endpoint, 2, 5), message);
    }
  });

  it("fails with MediaChangedError when a server that ignores If-Match sends another object", async () => {
    const { endpoint, requests } = await serve(
      head,
      part(2, 5, { etag: '"two"' }),
    );
    await assert.rejects(read(endpoint, 2, 5), { name: "MediaChangedError" });
    assert.equal(requests[1]?.headers["if-match"], '"one"');
  });

  it("gives up when every answer breaks off before its first byte", async () => {
    const nothing: Answer = (response) => {
      response.writeHead(206, {
        ...object,
        "content-range": "bytes 2-5/10",
        "content-length": 4,
      });
      response.flushHeaders();
      setTimeout(() => response.destroy(), 20);
    };
    const { endpoint, requests } = await serve(head, nothing);
    await assertUnavailable(
      read(endpoint, 2, 5),
      / is unavailable: reading a\.mp4 was interrupted/,
    );
    assert.equal(requests.length, 4);
  });

  it("resumes the read when every answer breaks off after one byte", async () => {
    const one: Answer = (response, { headers }) => {
      const start = Number(/bytes=(\d+)-5/.exec(headers.range ?? "")?.[1]);
      response.writeHead(206, {
        ...object,
        "content-range": `bytes ${start}-5/10`,
        "content-length": 6 - start,
      });
      response.write(content.subarray(start, start + 1), () =>
        setTimeout(() => response.destroy(), 20),
      );
    };
    const { endpoint, requests } = await serve(head, one);
    assert.equal(await read(endpoint, 2, 5), "2345");
    assert.equal(requests.length, 5);
  });
});
