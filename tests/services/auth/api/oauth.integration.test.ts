import assert from "node:assert/strict";
import {
  bearer,
  jsonOf,
  me,
  signUp,
  type TestTokens,
  useAuth,
} from "../../../support/auth/service.ts";

interface OAuthError {
  error: string;
  error_description: string;
}

describe("OAuth 2", () => {
  const auth = useAuth();

  const post = (
    path: string,
    fields: Record<string, string> | [string, string][] | string,
    headers: Record<string, string> = {},
  ) =>
    auth.first.app.request(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers,
    });

  const refresh = (
    refresh_token: string,
    more: Record<string, string> = {},
    headers?: Record<string, string>,
  ) =>
    post(
      "/token",
      { grant_type: "refresh_token", refresh_token, ...more },
      headers,
    );

  /** Asserts that a response is this error, per RFC 6749, section 5.2. */
  async function errorOf(response: Response, error: string, status = 400) {
    const body = await jsonOf<OAuthError>(response, status);
    assert.match(
      response.headers.get("content-type") ?? "",
      /^application\/json/,
    );
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(body.error, error);
    // The RFC allows only these characters.
    assert.match(body.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  }

  describe("POST /token", () => {
    it("returns new tokens for a refresh token", async () => {
      const { refresh_token } = await signUp(auth.second);
      const response = await refresh(refresh_token);
      assert.equal(response.headers.get("cache-control"), "no-store");
      const next = await jsonOf(response, 200);
      assert.equal(next.token_type, "Bearer");
      assert.notEqual(next.refresh_token, refresh_token);
      assert.equal((await me(auth.first, next)).status, 200);
    });

    it("accepts the client's id, unknown parameters, and parameters without a value", async () => {
      const { refresh_token } = await signUp(auth.first);
      const more = { client_id: "marquee", scope: "", resource: "x" };
      assert.equal((await refresh(refresh_token, more)).status, 200);
    });

    it("ends the session when a refresh token is reused", async () => {
      const { refresh_token } = await signUp(auth.first);
      const next = await jsonOf(await refresh(refresh_token), 200);
      await errorOf(await refresh(refresh_token), "invalid_grant");
      await errorOf(await refresh(next.refresh_token), "invalid_grant");
    });

    const wrong: [
      string,
      Record<string, string> | [string, string][],
      string,
    ][] = [
      ["an empty form", {}, "invalid_request"],
      ["a missing grant type", { refresh_token: "x" }, "invalid_request"],
      ["an empty grant type", { grant_type: "" }, "invalid_request"],
      [
        "another grant type",
        { grant_type: "password", username: "a", password: "b" },
        "unsupported_grant_type",
      ],
      ["a missing token", { grant_type: "refresh_token" }, "invalid_request"],
      [
        "an empty token",
        { grant_type: "refresh_token", refresh_token: "" },
        "invalid_request",
      ],
      [
        "an invalid token",
        { grant_type: "refresh_token", refresh_token: '"\\\r\n💥' },
        "invalid_grant",
      ],
      [
        "a duplicate parameter",
        [
          ["grant_type", "refresh_token"],
          ["refresh_token", "x"],
          ["refresh_token", "x"],
        ],
        "invalid_request",
      ],
    ];
    for (const [what, fields, error] of wrong)
      it(`returns ${error} for ${what}`, async () => {
        await errorOf(await post("/token", fields), error);
      });

    it("returns invalid_request for a body that is not a form", async () => {
      for (const type of ["application/json", 'x/"y\\"'])
        await errorOf(
          await auth.first.app.request("/token", {
            method: "POST",
            body: "{}",
            headers: { "content-type": type },
          }),
          "invalid_request",
        );
    });

    it("ignores parameters in the query", async () => {
      const { refresh_token } = await signUp(auth.first);
      const query = new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token,
      });
      await errorOf(await post(`/token?${query}`, {}), "invalid_request");
      assert.equal((await refresh(refresh_token)).status, 200);
    });

    it("keeps the token usable after an invalid request", async () => {
      const { refresh_token } = await signUp(auth.first);
      await errorOf(
        await refresh(refresh_token, { client_id: "other" }),
        "invalid_client",
      );
      await errorOf(
        await refresh(refresh_token, { scope: "everything" }),
        "invalid_scope",
      );
      assert.equal((await refresh(refresh_token)).status, 200);
    });

    it("returns invalid_client to a client that authenticates", async () => {
      const { refresh_token } = await signUp(auth.first);
      const authorization = `Basic ${btoa("marquee:secret")}`;
      const response = await refresh(refresh_token, {}, { authorization });
      await errorOf(response, "invalid_client", 401);
      const challenge = response.headers.get("www-authenticate");
      assert.equal(challenge, 'Basic realm="marquee"');
    });
  });

  describe("POST /revoke", () => {
    const revoke = (token: string, more: Record<string, string> = {}) =>
      post("/revoke", { token, ...more });

    /** Asserts that a session has ended: both of its tokens are rejected. */
    async function ended(tokens: TestTokens) {
      assert.equal((await me(auth.second, tokens)).status, 401);
      await errorOf(await refresh(tokens.refresh_token), "invalid_grant");
    }

    it("ends the session of a refresh token", async () => {
      const tokens = await signUp(auth.first);
      const response = await revoke(tokens.refresh_token);
      assert.equal(response.status, 200);
      assert.equal(await response.text(), "");
      await ended(tokens);
    });

    it("ends the session of a used refresh token", async () => {
      const { refresh_token } = await signUp(auth.first);
      const next = await jsonOf(await refresh(refresh_token), 200);
      assert.equal((await revoke(refresh_token)).status, 200);
      await ended(next);
    });

    it("ends the session of an access token", async () => {
      const tokens = await signUp(auth.first);
      const hint = { token_type_hint: "access_token" };
      assert.equal((await revoke(tokens.access_token, hint)).status, 200);
      await ended(tokens);
    });

    it("ignores a wrong token_type_hint", async () => {
      const tokens = await signUp(auth.first);
      const hint = { token_type_hint: "access_token" };
      assert.equal((await revoke(tokens.refresh_token, hint)).status, 200);
      await ended(tokens);
    });

    for (const token of ["unknown", `mrt_${"A".repeat(43)}`, "a.b.c", "💥"])
      it(`returns 200 for the unknown token ${token}`, async () => {
        assert.equal((await revoke(token)).status, 200);
      });

    it("rejects a request without a token, and requests of other clients", async () => {
      const tokens = await signUp(auth.first);
      await errorOf(await post("/revoke", {}), "invalid_request");
      await errorOf(await revoke(""), "invalid_request");
      await errorOf(
        await revoke(tokens.refresh_token, { client_id: "other" }),
        "invalid_client",
      );
      const headers = bearer(tokens);
      await errorOf(
        await post("/revoke", { token: "x" }, headers),
        "invalid_client",
        401,
      );
      assert.equal((await me(auth.first, tokens)).status, 200);
    });
  });
});
