import assert from "node:assert/strict";
import { count, email, pass, password } from "../../../support/auth/domain.ts";
import {
  bearer,
  jsonOf,
  logIn,
  me,
  post,
  signUp,
  useAuth,
} from "../../../support/auth/service.ts";
import { problemOf } from "../../../support/problem.ts";

describe("POST /login", () => {
  const auth = useAuth();

  it("logs in at one replica after a sign-up at the other", async () => {
    const { user } = await signUp(auth.first);
    const login = await logIn(auth.second, { email: ` ${email} ` });
    assert.deepEqual(login.user, user);
    assert.equal((await me(auth.first, login)).status, 200);
  });

  it("sets Cache-Control: no-store", async () => {
    await signUp(auth.first);
    const response = await post(auth.first, "/login", { email, password });
    assert.equal(response.headers.get("cache-control"), "no-store");
  });

  it("creates a new session for each login", async () => {
    const tokens = [await signUp(auth.first), await logIn(auth.first)];
    assert.notEqual(tokens[0]?.refresh_token, tokens[1]?.refresh_token);
    assert.equal(await count(auth.first.database, "sessions"), 2);
  });

  it("returns the same response for a wrong password and an unknown address", async () => {
    await signUp(auth.first);
    const answers = [];
    for (const body of [
      { email, password: "another engine" },
      { email: "nobody@example.com", password },
      { email: "no address at all", password },
    ]) {
      const response = await post(auth.first, "/login", body);
      const { instance, ...problem } = await problemOf(response, 401);
      const headers = [...response.headers].filter(
        ([name]) => !/^(x-request-id|content-security-policy)$/.test(name),
      );
      answers.push({ problem, headers });
    }
    const [first, ...others] = answers;
    assert.equal(
      first?.problem.detail,
      "No account has this email address and password.",
    );
    for (const other of others) assert.deepEqual(other, first);
  });

  it("sends WWW-Authenticate with a 401", async () => {
    const response = await post(auth.first, "/login", { email, password });
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
  });

  it("sets no cookie", async () => {
    await signUp(auth.first);
    const response = await post(auth.first, "/login", { email, password });
    assert.equal(response.headers.get("set-cookie"), null);
  });
});

describe("POST /refresh", () => {
  const auth = useAuth();

  const refresh = (refresh_token: string, replica = auth.first) =>
    post(replica, "/refresh", { refresh_token });

  it("returns new tokens at any replica", async () => {
    const { refresh_token } = await signUp(auth.first);
    const response = await refresh(refresh_token, auth.second);
    assert.equal(response.headers.get("cache-control"), "no-store");
    const next = await jsonOf(response, 200);
    assert.notEqual(next.refresh_token, refresh_token);
    assert.equal((await me(auth.first, next)).status, 200);
    await jsonOf(await refresh(next.refresh_token), 200);
  });

  it("ends the session when a token is reused", async () => {
    const { refresh_token } = await signUp(auth.first);
    const next = await jsonOf(await refresh(refresh_token), 200);
    const response = await refresh(refresh_token);
    assert.equal(
      response.headers.get("www-authenticate"),
      'Bearer error="invalid_token"',
    );
    await problemOf(response, 401);
    await problemOf(await refresh(next.refresh_token), 401);
    await problemOf(await me(auth.first, next), 401);
  });

  it("returns new tokens for one of many concurrent uses, and ends the session", async () => {
    const { refresh_token } = await signUp(auth.first);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        refresh(refresh_token, i % 2 ? auth.first : auth.second),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, ...Array(7).fill(401)]);
    const won = answers.find(({ status }) => status === 200) as Response;
    const next = await jsonOf(won, 200);
    await problemOf(await refresh(next.refresh_token), 401);
    await problemOf(await me(auth.second, next), 401);
  });

  it("rejects a token that was not used for 30 days", async () => {
    const { refresh_token } = await signUp(auth.first);
    await pass(auth.first.database, 30 * 24 * 60 * 60 + 1);
    await problemOf(await refresh(refresh_token), 401);
  });

  for (const token of ["", "mrt_", `mrt_${"A".repeat(43)}`, "a.b.c", "💥"])
    it(`rejects the unknown token ${JSON.stringify(token)}`, async () => {
      await problemOf(await refresh(token), 401);
    });

  it("returns 422 for text that the database can't store", async () => {
    await problemOf(await refresh("\0💥"), 422);
  });
});

describe("POST /logout", () => {
  const auth = useAuth();

  const logOut = (headers: Record<string, string>) =>
    auth.first.app.request("/logout", { method: "POST", headers });

  it("ends only the token's session", async () => {
    const tokens = await signUp(auth.first);
    const other = await logIn(auth.first);
    const response = await logOut(bearer(tokens));
    assert.equal(response.status, 204);
    await problemOf(await me(auth.second, tokens), 401);
    const { refresh_token } = tokens;
    await problemOf(
      await post(auth.second, "/refresh", { refresh_token }),
      401,
    );
    assert.equal((await me(auth.second, other)).status, 200);
  });

  it("returns 401 for a session that has already ended", async () => {
    const tokens = await signUp(auth.first);
    await logOut(bearer(tokens));
    await problemOf(await logOut(bearer(tokens)), 401);
  });
});

describe("Authorization header", () => {
  const auth = useAuth();

  const ask = (authorization?: string) =>
    auth.first.app.request("/me", {
      headers: authorization === undefined ? {} : { authorization },
    });

  for (const other of [undefined, "Basic YTpi", "Bearerx a.b.c", "Bearer"])
    it(`returns a challenge without an error code for ${other ?? "a missing header"}`, async () => {
      const response = await ask(other);
      assert.equal(response.headers.get("www-authenticate"), "Bearer");
      await problemOf(response, 401);
    });

  it("accepts the Bearer scheme in any case", async () => {
    const { access_token } = await signUp(auth.first);
    assert.equal((await ask(`bearer  ${access_token}`)).status, 200);
  });

  const broken: [string, (token: string) => string][] = [
    ["a truncated token", (token) => token.slice(0, -10)],
    ["text that is not a JWT", () => "hello"],
    [
      "an unsigned token",
      (t) => `${btoa('{"alg":"none"}')}.${t.split(".")[1]}.`,
    ],
    [
      "a token with a line break in its kid",
      (t) =>
        `${btoa('{"alg":"ES256","kid":"\\r\\nset-cookie: x\\""}')}.${t.split(".")[1]}.AAAA`,
    ],
    ["a token followed by more text", (token) => `${token} x`],
  ];
  for (const [what, change] of broken)
    it(`rejects ${what} with the reason in the challenge`, async () => {
      const { access_token } = await signUp(auth.first);
      const response = await ask(`Bearer ${change(access_token)}`);
      const { detail } = await problemOf(response, 401);
      assert.equal(
        response.headers.get("www-authenticate"),
        `Bearer error="invalid_token", error_description="${detail}"`,
      );
      assert.match(
        detail,
        /signature is wrong|not a signed|not signed with|key is unknown/,
      );
    });

  it("rejects a token whose session has ended", async () => {
    const tokens = await signUp(auth.first);
    await auth.first.database.query("DELETE FROM sessions");
    const { detail } = await problemOf(await me(auth.first, tokens), 401);
    assert.equal(detail, "The token's session has ended.");
  });

  it("rejects a token whose session belongs to another user", async () => {
    const ada = await signUp(auth.first);
    await signUp(auth.first, { email: "eve@example.com" });
    await auth.first.database.query(
      "UPDATE sessions SET user_id = (SELECT id FROM users WHERE id <> $1)",
      [ada.user.id],
    );
    await problemOf(await me(auth.first, ada), 401);
  });

  it("ignores a token in a cookie or the query", async () => {
    const { access_token } = await signUp(auth.first);
    const cookie = `marquee-session=${access_token}`;
    const headers = { cookie };
    await problemOf(await auth.first.app.request("/me", { headers }), 401);
    const query = `/me?access_token=${access_token}`;
    await problemOf(await auth.first.app.request(query), 401);
  });
});
