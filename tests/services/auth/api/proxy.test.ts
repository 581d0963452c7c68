import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Context } from "hono";
import { Hono } from "hono";
import {
  type ClientAddresses,
  type ClientInfo,
  createGetClientInfo,
} from "../../../../services/auth/http/client-info.ts";

/** The client that a server derives from a request, given this number of trusted proxies. */
async function clientOf(
  trustedProxies: number,
  headers: IncomingHttpHeaders = {},
  addresses: ClientAddresses = "preserved",
): Promise<ClientInfo> {
  const read = createGetClientInfo(trustedProxies, addresses);
  const app = new Hono();
  app.get("/", (c: Context) => c.json(read(c)));
  const server = serve({
    fetch: app.fetch,
    port: 0,
    hostname: "127.0.0.1",
  }) as Server;
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const sent = request({ port, host: "127.0.0.1", headers }).end();
    const [response] = await once(sent, "response");
    return JSON.parse((await response.toArray()).join(""));
  } finally {
    server.close();
  }
}

const own = "127.0.0.1";
const client = "203.0.113.9";

describe("Client address", () => {
  it("uses the socket's address without a proxy, whatever the headers say", async () => {
    const headers = { "x-forwarded-for": client, forwarded: `for=${client}` };
    assert.equal((await clientOf(0, headers)).address, own);
  });

  it("omits the address without a socket", async () => {
    const app = new Hono();
    app.get("/", (c) => c.json(createGetClientInfo(0, "preserved")(c)));
    const response = await app.request("/");
    assert.deepEqual(await response.json(), { https: false });
  });

  it("omits a hidden address, but still uses the proxy's scheme", async () => {
    for (const trustedProxies of [0, 1])
      assert.deepEqual(
        await clientOf(
          trustedProxies,
          { "x-forwarded-for": client, "x-forwarded-proto": "https" },
          "hidden",
        ),
        { https: trustedProxies === 1 },
      );
  });

  const cases: [number, string | string[], string][] = [
    [1, client, client],
    [1, `1.1.1.1, ${client}`, client],
    [1, `, , 1.1.1.1,${client} `, client],
    [1, ["1.1.1.1", client], client],
    [2, `${client}, 10.0.0.1`, client],
    [2, `1.1.1.1, 2.2.2.2, ${client}, 10.0.0.1`, client],
    [3, `1.1.1.1, ${client}, 10.0.0.2, 10.0.0.1`, client],
    // Fewer addresses than proxies: the request bypassed a proxy.
    [2, "1.1.1.1", own],
    [3, "1.1.1.1, 2.2.2.2", own],
    [1, "", own],
    // Not an address: the header is ignored.
    [1, "unknown", own],
    [1, `${client}, _hidden`, own],
    [1, "203.0.113.9.1", own],
    [1, "<script>", own],
    // Formats that some proxies use.
    [1, `${client}:5000`, client],
    [1, "2001:db8::7", "2001:db8::7"],
    [1, "[2001:db8::7]:5000", "2001:db8::7"],
    [1, "[2001:db8::7]", "2001:db8::7"],
  ];
  for (const [proxies, list, expected] of cases)
    it(`returns ${expected} behind ${proxies} proxies with X-Forwarded-For ${JSON.stringify(list)}`, async () => {
      const headers = { "x-forwarded-for": list as string };
      assert.equal((await clientOf(proxies, headers)).address, expected);
    });

  it("ignores addresses forged by a client behind any number of proxies", async () => {
    for (let proxies = 1; proxies <= 5; proxies++)
      for (let written = 0; written <= 8; written++) {
        const spoofed = Array(written).fill("1.1.1.1");
        const inner = Array(proxies - 1).fill("10.0.0.1");
        const list = [...spoofed, client, ...inner].join(", ");
        const { address } = await clientOf(proxies, {
          "x-forwarded-for": list,
        });
        assert.equal(address, client, `${proxies}: ${list}`);
      }
  });
});

describe("Client protocol", () => {
  const cases: [number, string | undefined, boolean][] = [
    [0, "https", false],
    [1, undefined, false],
    [1, "https", true],
    [1, "HTTPS", true],
    [1, "http", false],
    [1, "https, http", false],
    [2, "https, http", true],
    [2, "https", true],
    [1, "ws", false],
  ];
  for (const [proxies, header, https] of cases)
    it(`returns ${https ? "https" : "http"} behind ${proxies} proxies with X-Forwarded-Proto ${header}`, async () => {
      const headers = header ? { "x-forwarded-proto": header } : {};
      assert.equal((await clientOf(proxies, headers)).https, https);
    });
});
