import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { count, email, password } from "../../../support/auth/domain.ts";
import { jsonOf, me, useAuth } from "../../../support/auth/service.ts";
import { browserAccept } from "../../../support/page.ts";
import { problemOf } from "../../../support/problem.ts";

type Headers = Record<string, string>;

const others: [string, Headers][] = [
  ["another site", { "sec-fetch-site": "cross-site" }],
  ["another host of the site", { "sec-fetch-site": "same-site" }],
  ["an unknown site", { "sec-fetch-site": "whatever" }],
  ["another origin", { origin: "http://evil.example" }],
  ["another port", { origin: "http://localhost:81" }],
  ["a host with the same prefix", { origin: "http://localhost.evil.example" }],
  ["a frame without an origin", { origin: "null" }],
  ["an invalid origin", { origin: "localhost" }],
  [
    "another site with the same Origin header",
    { "sec-fetch-site": "cross-site", origin: "http://localhost" },
  ],
];

const ours: [string, Headers][] = [
  ["our page", { "sec-fetch-site": "same-origin" }],
  ["the user directly", { "sec-fetch-site": "none" }],
  ["our page in an older browser", { origin: "http://localhost" }],
  ["our page behind a TLS proxy", { origin: "https://localhost" }],
  [
    "our page through a forwarded port",
    { origin: "http://localhost:9081", host: "localhost:9081" },
  ],
  [
    "our page with the default port of https",
    { origin: "https://auth.example", host: "auth.example:443" },
  ],
  ["a program", {}],
];

describe("Cross-site form protection", () => {
  const auth = useAuth();

  const post = (path: string, fields: Headers, headers: Headers) =>
    auth.first.app.request(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { accept: browserAccept, ...headers },
    });

  for (const [whom, headers] of others)
    it(`rejects a form from ${whom}, and changes nothing`, async () => {
      const browser = browse(auth.first);
      await browser.signUp();
      const cookie = [...browser.cookies]
        .map(([k, v]) => `${k}=${v}`)
        .join(";");
      const forms: [string, Headers][] = [
        ["/sign-in", { email, password }],
        ["/sign-up", { email: "eve@example.com", password }],
        ["/sign-out", {}],
        [
          "/change-password",
          { current_password: password, new_password: "a second engine" },
        ],
        ["/delete-account", { password, understood: "yes" }],
      ];
      for (const [path, fields] of forms) {
        const response = await post(path, fields, { cookie, ...headers });
        const { html } = await pageOf(response, 403);
        assert.match(html, /This came from a page of another site/);
        assert.deepEqual(response.headers.getSetCookie(), []);
      }
      assert.equal(await browser.signedInAs(), email);
      assert.equal(await count(auth.first.database, "users"), 1);
    });

  for (const [whom, headers] of ours)
    it(`accepts a form from ${whom}`, async () => {
      const fields = { email, password };
      assert.equal((await post("/sign-up", fields, headers)).status, 303);
    });
});

describe("POST /session/token", () => {
  const auth = useAuth();

  const ask = (cookie: string, headers: Headers = {}, origin = "") =>
    auth.first.app.request(`${origin}/session/token`, {
      method: "POST",
      headers: { ...(cookie ? { cookie } : {}), ...headers },
    });

  /** The cookie of a browser that is signed in. */
  async function signedIn(origin?: string): Promise<string> {
    const browser = browse(auth.first, origin);
    await browser.signUp();
    const [cookie] = [...browser.cookies].filter(([k]) => /session/.test(k));
    return cookie?.join("=") ?? "";
  }

  it("returns an access token of the browser's session", async () => {
    const response = await ask(await signedIn());
    assert.equal(response.headers.get("cache-control"), "no-store");
    const answer = await jsonOf<{ access_token: string }>(response, 200);
    assert.deepEqual(Object.keys(answer), [
      ...["access_token", "token_type", "expires_in"],
    ]);
    const signedInAs = await jsonOf<{ email: string }>(
      await me(auth.second, answer),
      200,
    );
    assert.equal(signedInAs.email, email);
  });

  it("accepts over http a cookie that was set over https", async () => {
    const cookie = await signedIn("https://localhost");
    assert.match(cookie, /^__Host-/);
    assert.equal((await ask(cookie)).status, 200);
  });

  it("rejects a cookie without __Host- over https", async () => {
    const response = await ask(await signedIn(), {}, "https://localhost");
    await problemOf(response, 401);
  });

  it("returns tokens that end with the session", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const [[name, value] = []] = [...browser.cookies].filter(([k]) =>
      /session/.test(k),
    );
    const cookie = `${name}=${value}`;
    const tokens = await jsonOf(await ask(cookie), 200);
    await browser.post("/sign-out", {});
    assert.equal((await me(auth.first, tokens)).status, 401);
    await problemOf(await ask(cookie), 401);
  });

  for (const cookie of ["", "marquee-session=x", "other=1"])
    it(`returns 401 for ${cookie || "a missing cookie"}`, async () => {
      await problemOf(await ask(cookie), 401);
    });

  for (const [whom, headers] of others)
    it(`rejects a request from ${whom}`, async () => {
      await problemOf(await ask(await signedIn(), headers), 403);
    });

  for (const [whom, headers] of ours)
    it(`accepts a request from ${whom}`, async () => {
      assert.equal((await ask(await signedIn(), headers)).status, 200);
    });

  it("does not make other API routes accept the cookie", async () => {
    const headers = { cookie: await signedIn() };
    const { app } = auth.first;
    await problemOf(await app.request("/me", { headers }), 401);
    for (const [method, path] of [
      ["POST", "/logout"],
      ["DELETE", "/me"],
      ["PUT", "/me/password"],
    ] as const)
      await problemOf(await app.request(path, { method, headers }), 401);
  });
});
