import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import {
  forwardedValue,
  headerEntries,
  isHttps,
  socketAddress,
} from "../../../../packages/service-kit/index.ts";

/** What `read` returns for a request with these headers, which has no connection. */
async function onRequest<T>(
  read: (c: Context) => T,
  headers: Record<string, string> = {},
  url = "http://streaming/",
): Promise<T> {
  const results: T[] = [];
  const app = new Hono().get("/", (c) => {
    results.push(read(c));
    return c.body(null, 204);
  });
  await app.request(url, { headers });
  assert.equal(results.length, 1);
  return results[0] as T;
}

describe("headerEntries", () => {
  const entries = (list?: string) =>
    onRequest(
      (c) => headerEntries(c, "x-forwarded-for"),
      list === undefined ? {} : { "x-forwarded-for": list },
    );

  it("splits a list at its commas, without the spaces around entries", async () => {
    assert.deepEqual(await entries("192.0.2.1,  192.0.2.2 ,192.0.2.3"), [
      "192.0.2.1",
      "192.0.2.2",
      "192.0.2.3",
    ]);
  });

  it("returns an empty list if the header is missing", async () => {
    assert.deepEqual(await entries(), []);
  });
});

describe("forwardedValue", () => {
  const value = (trustedProxies: number, host?: string) =>
    onRequest(
      (c) => forwardedValue(c, "x-forwarded-host", trustedProxies),
      host === undefined ? {} : { "x-forwarded-host": host },
    );

  const cases: [string, number, string | undefined, string | undefined][] = [
    ["ignores the header without trusted proxies", 0, "a.example", undefined],
    ["returns undefined if the header is missing", 1, undefined, undefined],
    ["returns the only entry behind one proxy", 1, "a.example", "a.example"],
    [
      "ignores entries that the client sent to one proxy",
      1,
      "forged.example, a.example",
      "a.example",
    ],
    [
      "returns the outer proxy's entry behind two proxies",
      2,
      "forged.example, outer.example, inner.example",
      "outer.example",
    ],
    [
      "returns the first entry if fewer proxies appended one",
      3,
      "outer.example, inner.example",
      "outer.example",
    ],
  ];
  for (const [what, trustedProxies, host, expected] of cases)
    it(what, async () => {
      assert.equal(await value(trustedProxies, host), expected);
    });
});

describe("isHttps", () => {
  const https = (trustedProxies: number, url: string, proto?: string) =>
    onRequest(
      (c) => isHttps(c, trustedProxies),
      proto === undefined ? {} : { "x-forwarded-proto": proto },
      url,
    );
  const [plain, secure] = ["http://streaming/", "https://streaming/"];

  const cases: [string, number, string, string | undefined, boolean][] = [
    ["accepts an https URL", 0, secure, undefined, true],
    ["rejects an http URL", 0, plain, undefined, false],
    [
      "ignores X-Forwarded-Proto without trusted proxies",
      0,
      plain,
      "https",
      false,
    ],
    ["accepts https from a trusted proxy", 1, plain, "https", true],
    ["accepts HTTPS in upper case", 1, plain, "HTTPS", true],
    ["rejects http from a trusted proxy", 1, secure, "http", false],
    ["rejects a protocol that it does not know", 1, secure, "wss", false],
    [
      "ignores entries that the client sent to the proxy",
      1,
      plain,
      "https, http",
      false,
    ],
    [
      "uses the outer proxy's entry behind two proxies",
      2,
      plain,
      "https, http",
      true,
    ],
    [
      "falls back to the URL if the proxy sends no header",
      1,
      secure,
      undefined,
      true,
    ],
    ["falls back to the URL if the header is empty", 1, secure, "", true],
  ];
  for (const [what, trustedProxies, url, proto, expected] of cases)
    it(what, async () => {
      assert.equal(await https(trustedProxies, url, proto), expected);
    });
});

describe("socketAddress", () => {
  it("returns undefined without a connection", async () => {
    assert.equal(await onRequest(socketAddress), undefined);
  });

  it("returns the address of the connection's other end, whatever the headers say", async () => {
    const app = new Hono().get("/", (c) => c.text(socketAddress(c) ?? "none"));
    const server = serve({
      fetch: app.fetch,
      port: 0,
      hostname: "127.0.0.1",
    }) as Server;
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        headers: { "x-forwarded-for": "192.0.2.1", connection: "close" },
      });
      assert.equal(await response.text(), "127.0.0.1");
    } finally {
      server.close();
    }
  });
});
