import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { problemOf } from "../../../support/problem.ts";
import { answer } from "../../../support/streaming/upstream.ts";
import {
  host,
  plain,
  session,
  useViewer,
} from "../../../support/streaming/viewer.ts";

describe("Viewer of a request", () => {
  const { clock, issuer, auth, userId, signedIn, gives, startApp, sent } =
    useViewer();

  it("treats a request without access token and session cookie as anonymous, without asking auth", async () => {
    const { says } = await startApp();
    for (const headers of [
      {},
      { cookie: "other=1; marquee-device=x; marquee-notice=welcome" },
      { cookie: `xmarquee-session=${session}` },
      { cookie: "marquee-session=" },
      { cookie: "marquee-session=a%0d%0ab" },
      { authorization: "Basic eDp5" },
      { authorization: "Bearer" },
    ])
      assert.deepEqual(await says(headers as Record<string, string>), {});
    assert.deepEqual(auth.requests, []);
  });

  describe("access token", () => {
    it("identifies the token's user without asking auth", async () => {
      const token = await issuer.token();
      const { says } = await startApp();
      for (const scheme of ["Bearer", "bearer"]) {
        const headers = { authorization: `${scheme} ${token}` };
        assert.deepEqual(await says(headers), { userId, token });
      }
      assert.deepEqual(auth.requests, []);
    });

    it("rejects an invalid or expired access token, even with a session cookie", async () => {
      await signedIn();
      const { ask } = await startApp();
      const expired = await issuer.token({ exp: 1 });
      for (const token of ["x", "a.b.c", expired]) {
        const headers = { authorization: `Bearer ${token}`, cookie: plain };
        const response = await ask(headers);
        assert.match(
          response.headers.get("www-authenticate") ?? "",
          /invalid_token/,
        );
        await problemOf(response, 401);
      }
    });
  });

  describe("session cookie", () => {
    it("identifies the session's user by asking auth, and sends auth no other cookie", async () => {
      const token = await signedIn();
      const { says } = await startApp();
      const cookie = `a=1; ${plain}; marquee-device=secret`;
      assert.deepEqual(await says({ cookie }), { userId, token });
      const [{ method, url, headers } = {}] = auth.requests;
      assert.equal(method, "POST");
      assert.equal(url, "/session/token");
      assert.equal(headers?.cookie, plain);
      assert.equal(headers?.authorization, undefined);
    });

    it("prefers the __Host- cookie to the plain one", async () => {
      await signedIn();
      const { says } = await startApp();
      await says({
        cookie: `${plain}; __Host-marquee-session=${"h".repeat(43)}`,
      });
      assert.deepEqual(sent(), [`__Host-marquee-session=${"h".repeat(43)}`]);
    });

    it("accepts only the __Host- cookie over HTTPS", async () => {
      await signedIn();
      const { says } = await startApp({ trustedProxies: 1 });
      const https = { "x-forwarded-proto": "https" };
      assert.deepEqual(await says({ cookie: plain, ...https }), {});
      assert.deepEqual(auth.requests, []);
      assert.equal((await says({ cookie: host, ...https })).userId, userId);
      const http = { "x-forwarded-proto": "http" };
      assert.equal((await says({ cookie: plain, ...http })).userId, userId);
    });

    it("asks auth once per session for concurrent and later requests", async () => {
      await signedIn();
      const { says } = await startApp();
      const all = Array.from({ length: 20 }, () => says({ cookie: plain }));
      await Promise.all(all);
      await says({ cookie: plain });
      assert.equal(auth.requests.length, 1);
      await says({ cookie: `marquee-session=${"t".repeat(43)}` });
      assert.equal(auth.requests.length, 2);
    });

    it("asks auth again when the token expires in less than a minute", async () => {
      await signedIn({ exp: Math.floor(Date.now() / 1000) + 120 });
      const { says } = await startApp();
      await says({ cookie: plain });
      clock.advance(61_000);
      await says({ cookie: plain });
      assert.equal(auth.requests.length, 2);
      await says({ cookie: plain });
      assert.equal(auth.requests.length, 3, "an expiring token was kept");
    });

    it("remembers for a while that auth does not know a session", async () => {
      auth.handler = (_, response) => answer(response, 401, {});
      const { says } = await startApp({ invalidSessionMaxAgeMs: 300_000 });
      assert.deepEqual(await says({ cookie: plain }), {});
      assert.deepEqual(await says({ cookie: plain }), {});
      assert.equal(auth.requests.length, 1);
      clock.advance(300_001);
      await delay(5); // lru-cache reads the time once a millisecond
      await says({ cookie: plain });
      assert.equal(auth.requests.length, 2);
    });

    it("retries a failed request to auth", async () => {
      await signedIn();
      auth.handler = (_, response) =>
        auth.requests.length === 1 ? response.destroy() : gives(response);
      const { says } = await startApp();
      assert.equal((await says({ cookie: plain })).userId, userId);
    });

    const broken: Record<string, (response: ServerResponse) => unknown> = {
      "answers 500": (response) => answer(response, 500, {}),
      "answers 403": (response) => answer(response, 403, {}),
      "answers 404": (response) => answer(response, 404, {}),
      "drops its connections": (response) => response.destroy(),
      "answers with HTML": (response) => response.end("<html>"),
      "answers without a token": (response) => answer(response, 200, {}),
      "answers with an invalid token": (response) =>
        answer(response, 200, { access_token: "a.b.c" }),
      "never answers": () => {},
    };
    for (const [what, handler] of Object.entries(broken))
      it(`returns 503 while auth ${what}, and does not keep the failure`, async () => {
        auth.handler = (_, response) => handler(response);
        const { ask, says } = await startApp({
          timeoutMs: what === "never answers" ? 500 : 10_000,
        });
        const response = await ask({ cookie: plain });
        assert.equal(response.headers.get("retry-after"), "1");
        await problemOf(response, 503);
        await signedIn();
        assert.equal((await says({ cookie: plain })).userId, userId);
      });

    it("identifies remembered sessions while auth is unreachable, and returns 503 for others", async () => {
      await signedIn();
      const { ask, says } = await startApp();
      await says({ cookie: plain });
      await auth.down();
      assert.equal((await says({ cookie: plain })).userId, userId);
      await problemOf(await ask({ cookie: host }), 503);
    });
  });

  describe("email address", () => {
    it("returns the address that auth has, and asks for it once", async () => {
      const token = await signedIn();
      auth.handler = ({ url }, response) =>
        url === "/me"
          ? answer(response, 200, { email: "a@example.com" })
          : gives(response);
      const { says } = await startApp();
      for (let time = 0; time < 3; time++)
        assert.deepEqual(await says({ cookie: plain }, "/email"), {
          email: "a@example.com",
        });
      const me = auth.requests.filter(({ url }) => url === "/me");
      assert.equal(me.length, 1);
      assert.equal(me[0]?.headers.authorization, `Bearer ${token}`);
      assert.equal(me[0]?.headers.cookie, undefined);
    });

    it("returns no address while auth answers 401 or 500", async () => {
      await signedIn();
      const { says } = await startApp();
      for (const status of [401, 500]) {
        auth.handler = ({ url }, response) =>
          url === "/me" ? answer(response, status, {}) : gives(response);
        assert.deepEqual(await says({ cookie: plain }, "/email"), {});
      }
    });
  });
});
