import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { raw, useFront } from "../../../support/streaming/front.ts";
import { useUpstream } from "../../../support/streaming/upstream.ts";

describe("streaming: what is said of who sent what is passed on", () => {
  const upstream = useUpstream();
  const direct = useFront(upstream);
  const behindOne = useFront(upstream, { trustedProxies: 1 });
  const behindTwo = useFront(upstream, { trustedProxies: 2 });
  const own = "127.0.0.1";

  async function told(
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

  it("is where the connection is from, whatever the client says", async () => {
    assert.deepEqual(await told(direct), plain);
    const lies = {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
      "x-forwarded-port": "1",
      "x-forwarded-prefix": "/x",
      forwarded: "for=203.0.113.9;proto=https",
      "x-real-ip": "203.0.113.9",
    };
    assert.deepEqual(await told(direct, lies), plain);
    const { headers } = upstream.requests.at(-1) as IncomingMessage;
    for (const name of [
      ...["forwarded", "x-real-ip", "x-forwarded-port", "x-forwarded-prefix"],
    ])
      assert.equal(headers[name], undefined, name);
  });

  const client = "203.0.113.9";
  it("is what the proxy before us says, and that we were called from there", async () => {
    const through = {
      "x-forwarded-for": client,
      "x-forwarded-proto": "https",
      "x-forwarded-host": "www.example",
    };
    const expected = { for: `${client}, ${own}`, proto: "https" };
    assert.deepEqual(await told(behindOne, through), {
      ...expected,
      host: "www.example",
    });
    const longer = { ...through, "x-forwarded-for": `1.1.1.1, ${client}` };
    assert.equal((await told(behindOne, longer)).for, expected.for);
    const twice = { ...through, "x-forwarded-for": ["1.1.1.1", client] };
    assert.equal((await told(behindOne, twice)).for, expected.for);
  });

  it("is what two proxies say, and no more", async () => {
    const through = {
      "x-forwarded-for": `1.1.1.1, ${client}, 10.0.0.1`,
      "x-forwarded-proto": "spoofed, https, http",
    };
    assert.deepEqual(await told(behindTwo, through), {
      for: `${client}, 10.0.0.1, ${own}`,
      proto: "https",
      host: "a.example",
    });
  });

  it("is nothing of what did not come through as many proxies as there are", async () => {
    const short = { "x-forwarded-for": client };
    assert.equal((await told(behindTwo, short)).for, own);
    assert.deepEqual(await told(behindOne), plain);
  });
});
