import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { problemOf } from "../../../support/problem.ts";
import {
  credentials,
  newUser,
  useSystem,
} from "../../../support/streaming/system.ts";

describe("Auth and payment at streaming's origin", () => {
  const system = useSystem();
  const at = (path: string, init?: RequestInit) =>
    fetch(system.url + path, { redirect: "manual", ...init });
  const form = (fields: Record<string, string>, more: HeadersInit = {}) => ({
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: system.url, ...more },
  });
  const withToken = (token: string, body?: object) => ({
    headers: {
      authorization: `Bearer ${token}`,
      ...(body && {
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      }),
    },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });

  for (const path of [
    ...["/metrics", "/livez", "/readyz"].flatMap((path) => [
      `/api/auth${path}`,
      `/api/payment${path}`,
    ]),
    ...["/api/auth", "/api/auth/", "/api/payment/", "/api/auth/session/token"],
    ...["/revocations", "/api/auth/revocations"],
    ...["/api/payment/ledger/audit", "/api/payment/ledger/accounts"],
    ...["/api/payment/webhook-endpoints", "/api/payment/events"],
    ...["/api/payment/payments/1/refunds", "/api/payment/openapi.json"],
    ...["/sandbox", "/sandbox/authenticate", "/webhooks", "/plans", "/me"],
    ...["/api/payment/payments/%2e%2e/ledger", "/api/payment//plans"],
    ...["/api/payment/plans/", "/api/auth/sign-in", "/api/payment/me"],
  ])
    it(`returns 404 for ${path}`, async () => {
      await problemOf(await at(path), 404);
      await problemOf(await at(path, { method: "POST" }), 404);
    });

  it("signs a user up, and identifies the user by host-only cookies", async () => {
    const { email, password } = credentials();
    const answer = await at("/sign-up", form({ email, password }));
    assert.equal(answer.status, 303, await answer.text());
    assert.equal(answer.headers.get("location"), "/");
    const cookies = answer.headers.getSetCookie();
    assert.ok(cookies.length >= 3, `${cookies}`); // session, device, notice
    for (const cookie of cookies) {
      assert.match(cookie, /^marquee-\w+=[^;]+; .*HttpOnly/);
      assert.doesNotMatch(cookie, /domain=/i);
    }
    const cookie = cookies.map((line) => line.split(";", 1)[0]).join("; ");
    const again = await at("/sign-up", { headers: { cookie } });
    assert.equal(
      again.headers.get("location"),
      "/",
      "the user is not signed in",
    );
  });

  it("serves auth's forms, and their errors", async () => {
    const page = await at("/sign-up");
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<form[^>]* action="\/sign-up"/);
    const refused = await at("/sign-in", form(credentials()));
    assert.equal(refused.status, 401);
    assert.match(await refused.text(), /No account has this email address/);
  });

  it("rejects forms posted by pages of other sites", async () => {
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: system.authUrl },
      { origin: system.url, "sec-fetch-site": "cross-site" },
    ]) {
      const answer = await at("/sign-in", {
        ...form(credentials()),
        headers,
      });
      assert.equal(answer.status, 403, JSON.stringify(headers));
    }
  });

  it("serves pages whose own policy allows their styles", async () => {
    const page = await at("/sign-up");
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /style-src 'self' /);
    assert.equal(policy.match(/default-src/g)?.length, 1, policy);
    const html = await page.text();
    assert.match(html, /<link rel="stylesheet" href="\/assets\/style\.css">/);
    const headers = { accept: "text/html" };
    const bank = await at("/sandbox/authenticate/ch_0", { headers });
    const itsPolicy = bank.headers.get("content-security-policy") ?? "";
    const nonce = /<style nonce="([^"]+)"/.exec(await bank.text())?.[1];
    assert.ok(nonce);
    assert.ok(itsPolicy.includes(`'nonce-${nonce}'`), itsPolicy);
  });

  it("forwards auth's API", async () => {
    const { token, email, password } = await newUser(system);
    const me = await at("/api/auth/me", withToken(token));
    assert.equal(((await me.json()) as { email: string }).email, email);
    const json = { "content-type": "application/json" };
    const login = await at("/api/auth/login", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ email, password }),
    });
    assert.equal(login.status, 200, await login.text());
    const deleted = await at("/api/auth/me", {
      method: "DELETE",
      headers: { ...json, authorization: `Bearer ${token}` },
      body: JSON.stringify({ password }),
    });
    assert.equal(deleted.status, 204, await deleted.text());
    await problemOf(await at("/api/auth/me", withToken(token)), 401);
  });

  it("forwards the API's 401 and 405 unchanged", async () => {
    const answer = await at("/api/auth/me");
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    await problemOf(answer, 401);
    const wrong = await at("/api/auth/me", { method: "PUT" });
    assert.match(wrong.headers.get("allow") ?? "", /GET/);
    await problemOf(wrong, 405);
  });

  it("subscribes a user whose card needs approval by the bank", async () => {
    const { userId, token } = await newUser(system);
    const plans = await at("/api/payment/plans");
    const etag = plans.headers.get("etag") ?? "";
    assert.equal(((await plans.json()) as { data: [] }).data.length, 3);
    const same = await at("/api/payment/plans", {
      headers: { "if-none-match": etag },
    });
    assert.equal(same.status, 304);
    const head = await at("/api/payment/plans", { method: "HEAD" });
    assert.equal(head.status, 200);

    const entitled = async () => {
      const path = `/api/payment/entitlements/${userId}`;
      const answer = await at(path, withToken(token));
      return ((await answer.json()) as { entitled: boolean }).entitled;
    };
    assert.equal(await entitled(), false);
    const method = {
      ...{ type: "card", number: "4000000000003220" },
      ...{ exp_month: 12, exp_year: 2030, cvc: "123" },
    };
    const subscribing = await at(
      "/api/payment/subscriptions",
      withToken(token, {
        plan: "standard",
        method,
        return_url: "http://x.example/done",
      }),
    );
    const text = await subscribing.text();
    assert.equal(subscribing.status, 202, text);
    const { next_action } = JSON.parse(text) as {
      next_action: { url: string };
    };
    assert.match(next_action.url, /^\/sandbox\/authenticate\//);
    const question = await at(next_action.url);
    assert.match(await question.text(), /<form/);
    const foreign = form({ answer: "approve" }, { origin: "http://x.example" });
    assert.equal((await at(next_action.url, foreign)).status, 403);
    const approved = await at(next_action.url, form({ answer: "approve" }));
    assert.equal(approved.status, 303, await approved.text());
    assert.equal(await entitled(), true);
  });

  it("forwards the client's request id to payment", async () => {
    const headers = { "x-request-id": "trace-7" };
    const answer = await at("/api/payment/payments/1", { headers });
    assert.equal(answer.headers.get("x-request-id"), "trace-7");
    const { instance } = await problemOf(answer, 401);
    assert.equal(instance, "urn:request:trace-7");
  });
});

describe("Auth and payment at streaming's origin, behind a proxy that terminates TLS", () => {
  const system = useSystem(1);
  const through = (client: string, proto = "https") => ({
    "x-forwarded-for": client,
    "x-forwarded-proto": proto,
  });
  const signIn = (
    headers: Record<string, string>,
    path: string,
    given = credentials(),
  ) =>
    fetch(system.url + path, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams(given),
      headers: { origin: system.url, ...headers },
    });

  it("sets __Host- cookies with Secure over HTTPS, and plain ones over HTTP", async () => {
    const https = await signIn(through("203.0.113.1"), "/sign-up");
    assert.equal(https.status, 303);
    for (const cookie of https.headers.getSetCookie())
      assert.match(cookie, /^__Host-marquee-.*; Secure/);
    const http = await signIn(through("203.0.113.1", "http"), "/sign-up");
    for (const cookie of http.headers.getSetCookie())
      assert.doesNotMatch(cookie, /__Host-|Secure/);
  });

  it("limits sign-in attempts per client address, whatever the client claims", async () => {
    const given = credentials();
    const from = async (list: string) =>
      (await signIn(through(list), "/sign-in", given)).status;
    let tries = 0;
    // Until auth limits the attempts of this network.
    while ((await from(`198.51.100.${tries}, 203.0.113.7`)) !== 429)
      assert.ok(++tries < 20, "the number of attempts is not limited");
    assert.equal(await from("203.0.113.7, 192.0.2.7"), 401);
  });
});
