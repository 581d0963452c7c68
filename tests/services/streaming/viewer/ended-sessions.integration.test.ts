import assert from "node:assert/strict";
import { browse } from "../../../support/auth/browser.ts";
import { as, useStreaming } from "../../../support/streaming/service.ts";
import { credentials, newUser } from "../../../support/streaming/system.ts";
import { until } from "../../../support/until.ts";

// Both pods accept the copied cookie before its session ends, and each has its own list of revoked sessions.
describe("Copied session", function () {
  this.timeout("10m");
  const replicas = useStreaming();
  const next = "another horse battery staple";

  /** Whether a pod accepts a browser's cookies. */
  const isKnown = async (
    name: "first" | "second",
    browser: { cookies: Map<string, string> },
  ) => {
    const cookie = [...browser.cookies].map(([k, v]) => `${k}=${v}`).join("; ");
    const { app } = replicas[name];
    const { status } = await app.request("/progress", { headers: { cookie } });
    assert.ok(status === 200 || status === 401, `${status}`);
    return status === 200;
  };
  const isPayable = async (token: string) => {
    const { paymentUrl } = replicas.system;
    const { status } = await fetch(`${paymentUrl}/payments`, as({ token }));
    assert.ok(status === 200 || status === 401, `${status}`);
    return status === 200;
  };
  /** An account's browser, a thief's copy of its cookies, and an access token of the same session. */
  async function stolen() {
    const { email, password } = credentials();
    const browser = browse(replicas.first);
    await browser.signUp({ email, password });
    const copy = { cookies: new Map(browser.cookies) };
    const token = await tokenOf(browser);
    for (const name of ["first", "second"] as const)
      assert.ok(await isKnown(name, copy));
    assert.ok(await isPayable(token));
    return { browser, copy, token, email, password };
  }
  async function tokenOf({ cookies }: { cookies: Map<string, string> }) {
    const cookie = [...cookies].map(([k, v]) => `${k}=${v}`).join("; ");
    const response = await fetch(`${replicas.system.authUrl}/session/token`, {
      method: "POST",
      headers: { cookie },
    });
    const { access_token } = (await response.json()) as Record<string, string>;
    assert.ok(access_token);
    return access_token;
  }
  /** Waits until both pods of streaming, and payment, reject the copies. */
  async function assertRefused({
    copy,
    token,
  }: Pick<Awaited<ReturnType<typeof stolen>>, "copy" | "token">) {
    const isRefused = async () =>
      !(await isKnown("first", copy)) &&
      !(await isKnown("second", copy)) &&
      !(await isPayable(token));
    await until(isRefused, () => "the copied session to be rejected");
    const { app } = replicas.second;
    assert.equal((await app.request("/progress", as({ token }))).status, 401);
  }

  it("rejects a copied session on every pod after the password is changed in another session, and keeps that one", async () => {
    const session = await stolen();
    const { email, password } = session;
    const elsewhere = browse(replicas.second);
    await elsewhere.signIn({ email, password });
    const mine = await tokenOf(elsewhere);
    const fields = { current_password: password, new_password: next };
    const changed = await elsewhere.post("/change-password", fields);
    assert.equal(changed.headers.get("location"), "/account");
    await assertRefused(session);
    for (const name of ["first", "second"] as const)
      assert.ok(await isKnown(name, elsewhere));
    assert.ok(await isPayable(mine));
    assert.ok(await isPayable(await tokenOf(elsewhere)));
  });

  it("rejects a copied session on every pod after the password is changed through the API, and keeps the API client's session", async () => {
    const session = await stolen();
    const { email, password } = session;
    const { url } = replicas.system;
    const json = { "content-type": "application/json" };
    const login = await fetch(`${url}/api/auth/login`, {
      ...{ method: "POST", headers: json },
      body: JSON.stringify({ email, password }),
    });
    const { access_token, refresh_token } = (await login.json()) as Record<
      string,
      string
    >;
    const change = { current_password: password, new_password: next };
    const changed = await fetch(
      `${url}/api/auth/me/password`,
      as({ token: access_token as string }, "PUT", change),
    );
    assert.equal(changed.status, 204);
    await assertRefused(session);
    const refreshed = await fetch(`${url}/api/auth/refresh`, {
      ...{ method: "POST", headers: json },
      body: JSON.stringify({ refresh_token }),
    });
    const tokens = (await refreshed.json()) as Record<string, string>;
    assert.ok(await isPayable(tokens.access_token as string));
  });

  it("rejects a copied session on every pod after its owner signs out", async () => {
    const session = await stolen();
    await session.browser.post("/sign-out", {});
    await assertRefused(session);
    const { email, password, browser } = session;
    await browser.signIn({ email, password });
    for (const name of ["first", "second"] as const)
      assert.ok(await isKnown(name, browser));
  });

  it("rejects a copied session on every pod after the account is deleted", async () => {
    const session = await stolen();
    const { password } = session;
    const fields = { understood: "yes", password };
    const deleted = await session.browser.post("/delete-account", fields);
    assert.equal(deleted.headers.get("location"), "/");
    await assertRefused(session);
  });

  it("keeps other users' sessions when one user signs out", async () => {
    const session = await stolen();
    const other = await newUser(replicas.system);
    await session.browser.post("/sign-out", {});
    await assertRefused(session);
    assert.ok(await isPayable(other.token));
  });
});
