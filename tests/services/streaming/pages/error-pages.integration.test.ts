import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { browse } from "../../../support/auth/browser.ts";
import { browserAccept, errorPageOf } from "../../../support/page.ts";
import { problemOf } from "../../../support/problem.ts";
import {
  as,
  type TestStreaming,
  useStreaming,
} from "../../../support/streaming/service.ts";
import { newUser } from "../../../support/streaming/system.ts";

const password = "correct horse battery staple";

/**
 * Sends a request to a replica without checking the answer against the OpenAPI document, which describes answers to
 * programs.
 */
const ask = (
  { service }: TestStreaming,
  path: string,
  init: RequestInit = {},
  accept: string | undefined = browserAccept,
) =>
  Promise.resolve(
    service.app.request(`http://localhost${path}`, {
      ...init,
      headers: {
        ...(accept === undefined ? {} : { accept }),
        ...(init.headers as Record<string, string>),
      },
    }),
  );

describe("Error pages in a browser", () => {
  const replicas = useStreaming();
  const open = (path: string, init?: RequestInit) =>
    ask(replicas.first, path, init);

  it("shows the site's frame and a link home", async () => {
    const { html, heading, links } = await errorPageOf(
      await open("/nope"),
      404,
    );
    assert.equal(heading, "There is nothing here");
    assert.equal(links["Go to the home page"], "/");
    assert.match(html, /<header class="top">/);
    assert.match(html, /<a [^>]*href="\/sign-in">Sign in</);
    assert.match(html, /<footer class="end">/);
  });

  it("shows a signed-in user's header", async () => {
    const browser = browse({ app: replicas.first.service.app as never });
    await browser.signUp({ email: `${randomUUID()}@example.com`, password });
    const page = await errorPageOf(await browser.request("/nope"), 404);
    assert.match(page.html, /href="\/membership"/);
    assert.doesNotMatch(page.html, /href="\/sign-in"/);
  });

  const plain: [path: string, status: number, init?: RequestInit][] = [
    ["/api/nope", 404],
    ["/titles/nope/poster", 404],
    ["/assets/nope.css", 404],
    ["/plans", 405, { method: "POST" }],
    ["/progress", 401],
    ["/stream/metropolis", 401],
    ["/playback/metropolis", 405],
    ["/subscribe", 413, { method: "POST", body: "x".repeat(65_537) }],
    [
      "/membership/cancel",
      403,
      { method: "POST", headers: { origin: "null" } },
    ],
  ];
  for (const [path, status, init] of plain)
    it(`returns a page to a browser and a problem document to a program: ${init?.method ?? "GET"} ${path} (${status})`, async () => {
      await errorPageOf(await open(path, init), status);
      const headers = { ...(init?.headers as object) };
      const program = { ...init, headers };
      await problemOf(await ask(replicas.first, path, program, "*/*"), status);
    });

  const passedOn: [path: string, status: number, heading: string][] = [
    ["/api/auth/me", 401, "You don’t have access"],
    ["/api/auth/login", 405, "This address is not a page"],
    ["/api/payment/payments/1", 401, "You don’t have access"],
    ["/api/payment/pay", 405, "This address is not a page"],
  ];
  for (const [path, status, heading] of passedOn)
    it(`shows the site's frame for an error of another service: ${path}`, async () => {
      const response = await open(path);
      const page = await errorPageOf(response, status);
      assert.equal(page.heading, heading);
      assert.match(page.html, /<header class="top">/);
      assert.match(page.html, /href="\/assets\/style\.css"/);
      assert.equal(page.links["Go to the home page"], "/");
      await problemOf(await ask(replicas.first, path, {}, "*/*"), status);
    });

  it("shows the bank's own page at the sandbox bank", async () => {
    const response = await open("/sandbox/authenticate/ch_0");
    const { html, text } = await errorPageOf(response, 404);
    assert.match(html, / – Sandbox bank<\/title>/);
    assert.match(text, /no payment here that waits for you/);
  });

  it("shows no links at payment's own address, which has no home page", async () => {
    const headers = { accept: browserAccept };
    const url = `${replicas.system.paymentUrl}/nope`;
    const page = await errorPageOf(await fetch(url, { headers }), 404);
    assert.deepEqual(page.links, {});
    assert.doesNotMatch(page.html, /<header|\/assets\//);
    await problemOf(await fetch(url), 404);
  });

  it("links to sign-in after a 401", async () => {
    const { links } = await errorPageOf(await open("/progress"), 401);
    assert.equal(links["Sign in"], "/sign-in");
  });

  it("returns problem documents to the site's scripts and players", async () => {
    const { app } = replicas.first;
    const user = await newUser(replicas.system);
    // Like browser/player/renewal.ts.
    const renewal = as(user, "POST");
    const response = await app.request("/playback/metropolis", {
      ...renewal,
      headers: { ...renewal.headers, accept: "application/json" },
    });
    const refused = await problemOf(response, 403);
    assert.equal((refused as { entitled?: boolean }).entitled, false);
    // Like browser/player/reports.ts: fetch sends */* by default.
    const report = as(user, "PUT", { position: -1 });
    const headers = { ...report.headers, accept: "*/*" };
    const path = "/progress/metropolis";
    await problemOf(await app.request(path, { ...report, headers }), 422);
    // Like hls.js and <video>.
    for (const accept of ["*/*", "video/webm,video/*;q=0.9,*/*;q=0.5"])
      await problemOf(
        await ask(replicas.first, "/stream/sunrise?signature=x", {}, accept),
        403,
      );
  });
});

describe("Error pages in a browser while auth is unavailable", () => {
  // Nothing listens on this port.
  const replicas = useStreaming({ authUrl: "http://127.0.0.1:1" });

  for (const path of ["/sign-in", "/account", "/api/auth/me"])
    it(`explains the outage and when to try again: ${path}`, async () => {
      const response = await ask(replicas.first, path);
      assert.equal(response.headers.get("retry-after"), "1");
      const { heading, text, links } = await errorPageOf(response, 502);
      assert.equal(heading, "We can’t see who you are right now");
      assert.match(text, /Please try again in a few seconds\./);
      assert.equal(links["Try again"], path);
      await problemOf(await ask(replicas.first, path, {}, "*/*"), 502);
    });

  it("returns a page to a browser with a session cookie", async () => {
    const headers = { cookie: "marquee-session=x" };
    const response = await ask(replicas.first, "/membership", { headers });
    const { text } = await errorPageOf(response, 503);
    assert.match(text, /Signing in does not work at the moment/);
  });
});

describe("Error pages in a browser while payment is unavailable", () => {
  const replicas = useStreaming({ paymentUrl: "http://127.0.0.1:1" });

  it("says on the plans page when to try again", async () => {
    const response = await ask(replicas.first, "/plans");
    assert.equal(response.headers.get("retry-after"), "5");
    const { heading, text, links } = await errorPageOf(response, 503);
    assert.match(heading, /^We can’t check your membership/);
    assert.match(text, /Please try again in 5 seconds\./);
    assert.equal(links["Try again"], "/plans");
  });

  it("does not suggest sending a form again that may have charged the user", async () => {
    const path = "/sandbox/authenticate/ch_0";
    const response = await ask(replicas.first, path, { method: "POST" });
    const { heading, text, links } = await errorPageOf(response, 502);
    assert.match(heading, /^We don’t know yet/);
    assert.doesNotMatch(text, /try again/i);
    assert.equal(links["Your membership"], "/membership");
  });
});
