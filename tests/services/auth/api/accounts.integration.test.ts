import assert from "node:assert/strict";
import { count, email, password } from "../../../support/auth/domain.ts";
import {
  bearer,
  jsonOf,
  logIn,
  me,
  post,
  send,
  signUp,
  type TestTokens,
  useAuth,
} from "../../../support/auth/service.ts";
import { problemOf } from "../../../support/problem.ts";

const another = "a second engine";

/** The errors of a 422 response: details by pointer. */
async function errorsOf(response: Response) {
  const { errors = [] } = await problemOf(response, 422);
  return Object.fromEntries(errors.map((e) => [e.pointer, e.detail]));
}

describe("POST /signup", () => {
  const auth = useAuth();

  it("creates an account and logs in", async () => {
    const { user, ...tokens } = await signUp(auth.first);
    assert.equal(user.email, email);
    const age = Date.now() - Date.parse(user.created_at);
    assert.ok(Math.abs(age) < 60_000, user.created_at);
    assert.equal(tokens.token_type, "Bearer");
    assert.equal(tokens.expires_in, 600);
    const left = 30 * 24 * 60 * 60 - tokens.refresh_expires_in;
    assert.ok(left >= 0 && left < 60, `${left}`);
    assert.deepEqual(await jsonOf(await me(auth.first, tokens), 200), user);
  });

  it("sets Cache-Control: no-store", async () => {
    const response = await post(auth.first, "/signup", { email, password });
    assert.equal(response.headers.get("cache-control"), "no-store");
  });

  it("returns 409 for another spelling of an address that has an account", async () => {
    await signUp(auth.first);
    const body = { email: ` ${email.toUpperCase()}`, password: another };
    const { detail } = await problemOf(
      await post(auth.second, "/signup", body),
      409,
    );
    assert.equal(detail, "There is an account with this email address.");
    assert.equal(await count(auth.first.database, "users"), 1);
  });

  const refused: [string, object, Record<string, RegExp>][] = [
    ["missing fields", {}, { "/email": /missing/, "/password": /missing/ }],
    [
      "a short password and an invalid address",
      { email: "ada", password: "short" },
      { "/email": /not an email/, "/password": /at least 8/ },
    ],
    [
      "a common password",
      { email, password: "password1" },
      { "/password": /many people use/ },
    ],
    [
      "the address as the password",
      { email, password: email },
      { "/password": /your email/ },
    ],
    [
      "a lone surrogate in the password",
      { email, password: "12345678\ud800" },
      { "/password": /surrogate/ },
    ],
    [
      "a number as the password",
      { email, password: 12345678 },
      { "/password": /expected/ },
    ],
    [
      "an unknown field",
      { email, password, admin: true },
      { "/admin": /not expected/ },
    ],
  ];
  for (const [what, body, expected] of refused)
    it(`returns 422 with the pointers of ${what}`, async () => {
      const errors = await errorsOf(await post(auth.first, "/signup", body));
      assert.deepEqual(Object.keys(errors), Object.keys(expected));
      for (const [pointer, detail] of Object.entries(expected))
        assert.match(errors[pointer] ?? "", detail);
      assert.equal(await count(auth.first.database, "users"), 0);
    });

  it("accepts a password of any script, and keeps its case and surrounding space", async () => {
    const odd = "  пароль 密码 🎬 e\u0301  ";
    await signUp(auth.first, { password: odd });
    await logIn(auth.first, { password: odd });
    for (const close of [odd.trim(), odd.toUpperCase()])
      await problemOf(
        await post(auth.first, "/login", { email, password: close }),
        401,
      );
  });

  it("returns 413 for a body of more than 64 KiB", async () => {
    const body = { email, password: "x".repeat(65_536) };
    await problemOf(await post(auth.first, "/signup", body), 413);
  });

  it("rejects a body that is not JSON", async () => {
    const body = new URLSearchParams({ email, password });
    const init = { method: "POST", body };
    await problemOf(await auth.first.app.request("/signup", init), 415);
    const broken = { ...init, body: "{", headers: json };
    await problemOf(await auth.first.app.request("/signup", broken), 400);
  });
});

const json = { "content-type": "application/json" };

describe("GET /me", () => {
  const auth = useAuth();

  it("returns the user at one replica after a login at the other", async () => {
    const { user } = await signUp(auth.first);
    const tokens = await logIn(auth.first);
    assert.deepEqual(await jsonOf(await me(auth.second, tokens), 200), user);
  });

  it("returns GET's headers without a body for HEAD", async () => {
    const headers = bearer(await signUp(auth.first));
    const init = { method: "HEAD", headers };
    const response = await auth.first.app.request("/me", init);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(await response.text(), "");
  });

  it("rejects the token of a deleted account", async () => {
    const tokens = await signUp(auth.first);
    await auth.first.database.query("DELETE FROM users");
    await problemOf(await me(auth.first, tokens), 401);
  });
});

describe("PUT /me/password", () => {
  const auth = useAuth();

  const change = (
    tokens: TestTokens,
    current_password: string,
    new_password: string,
  ) =>
    send(
      auth.first,
      "PUT",
      "/me/password",
      { current_password, new_password },
      bearer(tokens),
    );

  it("makes the new password the only valid one", async () => {
    const tokens = await signUp(auth.first);
    const response = await change(tokens, password, another);
    assert.equal(response.status, 204);
    assert.equal(await response.text(), "");
    await logIn(auth.second, { password: another });
    await problemOf(
      await post(auth.second, "/login", { email, password }),
      401,
    );
  });

  it("ends all sessions but its own", async () => {
    const tokens = await signUp(auth.first);
    const other = await logIn(auth.second);
    await change(tokens, password, another);
    await problemOf(await me(auth.first, other), 401);
    const { refresh_token } = other;
    await problemOf(
      await post(auth.second, "/refresh", { refresh_token }),
      401,
    );
    assert.equal((await me(auth.first, tokens)).status, 200);
  });

  it("returns 403 without a challenge for a wrong current password", async () => {
    const tokens = await signUp(auth.first);
    const response = await change(tokens, another, another);
    assert.equal(response.headers.get("www-authenticate"), null);
    const { detail } = await problemOf(response, 403);
    assert.equal(detail, "The password is not the current one.");
    await logIn(auth.first);
  });

  it("returns 422 with the pointer of an unacceptable new password", async () => {
    const tokens = await signUp(auth.first);
    const errors = await errorsOf(await change(tokens, password, "short"));
    assert.deepEqual(Object.keys(errors), ["/new_password"]);
    await logIn(auth.first);
  });

  it("returns 401 without a token before it validates the body", async () => {
    await problemOf(await send(auth.first, "PUT", "/me/password", {}), 401);
  });
});

describe("DELETE /me", () => {
  const auth = useAuth();

  const remove = (tokens: TestTokens, body: object) =>
    send(auth.first, "DELETE", "/me", body, bearer(tokens));

  it("deletes all data of the user", async () => {
    const tokens = await signUp(auth.first);
    assert.equal((await remove(tokens, { password })).status, 204);
    for (const table of ["users", "sessions", "refresh_tokens"] as const)
      assert.equal(await count(auth.first.database, table), 0, table);
    await problemOf(await me(auth.second, tokens), 401);
    await problemOf(await post(auth.first, "/login", { email, password }), 401);
  });

  it("frees the address for a new account", async () => {
    await remove(await signUp(auth.first), { password });
    await signUp(auth.first);
  });

  it("returns 403 and deletes nothing for a wrong password", async () => {
    const tokens = await signUp(auth.first);
    await problemOf(await remove(tokens, { password: another }), 403);
    assert.equal((await me(auth.first, tokens)).status, 200);
  });

  it("returns 422 and deletes nothing without a password", async () => {
    const tokens = await signUp(auth.first);
    await problemOf(await remove(tokens, {}), 422);
    assert.equal((await me(auth.first, tokens)).status, 200);
  });
});
