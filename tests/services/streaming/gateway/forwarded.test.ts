import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { raw, useFront } from "../../../support/streaming/gateway.ts";
import { useUpstream } from "../../../support/streaming/upstream.ts";

describe("X-Forwarded headers of proxied requests", () => {
  const upstream = useUpstream();
  const direct = useFront(upstream);
  const behindOne = useFront(upstream, { trustedProxies: 1 });
  const behindTwo = useFront(upstream, { trustedProxies: 2 });
  const own = "127.0.0.1";

  async function forwardedHeaders(
    front: { port: number },
    headers: Record<string, string | string[]> = {},
  ) {
    await raw(front, "/a", { headers: { host: "a.example", ...headers } });
    const { headers: seen } = upstream.requests.at(-1) as IncomingMessage;
    return {
      for: seen["x-forwarded-for"],
      proto: seen["x-forwarded-proto"],
      host: seen["x-forwarded-host"],
    };
  }
  const plain = { for: own, proto: "http", host: "a.example" };

  it("takes the values from the connection, not from the client, without a trusted proxy", async () => {
    assert.deepEqual(await forwardedHeaders(direct), plain);
    const lies = {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
      "x-forwarded-port": "1",
      "x-forwarded-prefix": "/x",
      forwarded: "for=203.0.113.9;proto=https",
      "x-real-ip": "203.0.113.9",
    };
    assert.deepEqual(await forwardedHeaders(direct, lies), plain);
    const { headers } = upstream.requests.at(-1) as IncomingMessage;
    for (const name of [
      ...["forwarded", "x-real-ip", "x-forwarded-port", "x-forwarded-prefix"],
    ])
      assert.equal(headers[name], undefined, name);
  });

  const client = "203.0.113.9";
  it("takes the values from one trusted proxy, and appends the proxy's address", async () => {
    const through = {
      "x-forwarded-for": client,
      "x-forwarded-proto": "https",
      "x-forwarded-host": "www.example",
    };
    const expected = { for: `${client}, ${own}`, proto: "https" };
    assert.deepEqual(await forwardedHeaders(behindOne, through), {
      ...expected,
      host: "www.example",
    });
    const longer = { ...through, "x-forwarded-for": `1.1.1.1, ${client}` };
    assert.equal((await forwardedHeaders(behindOne, longer)).for, expected.for);
    const twice = { ...through, "x-forwarded-for": ["1.1.1.1", client] };
    assert.equal((await forwardedHeaders(behindOne, twice)).for, expected.for);
  });

  it("takes the values from two trusted proxies, and ignores earlier ones", async () => {
    const through = {
      "x-forwarded-for": `1.1.1.1, ${client}, 10.0.0.1`,
      "x-forwarded-proto": "spoofed, https, http",
    };
    assert.deepEqual(await forwardedHeaders(behindTwo, through), {
      for: `${client}, 10.0.0.1, ${own}`,
      proto: "https",
      host: "a.example",
    });
  });

  it("ignores X-Forwarded-For with fewer addresses than trusted proxies", async () => {
    const short = { "x-forwarded-for": client };
    assert.equal((await forwardedHeaders(behindTwo, short)).for, own);
    assert.deepEqual(await forwardedHeaders(behindOne), plain);
  });
});
