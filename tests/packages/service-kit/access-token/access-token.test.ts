import assert from "node:assert/strict";
import {
  type AccessTokens,
  AuthUnavailableError,
  bearer,
  createAccessTokens,
  createService,
} from "../../../../packages/service-kit/index.ts";
import { problemOf } from "../../../support/problem.ts";
import {
  session,
  useIssuer,
  user,
} from "../../../support/service-kit/access-token.ts";

describe("createAccessTokens", () => {
  const issuer = useIssuer();

  it("returns the user, session and expiry of a valid token", async () => {
    const tokens = createAccessTokens({ issuer: issuer.url });
    const exp = Math.floor(Date.now() / 1000) + 60;
    assert.deepEqual(await tokens.verify(await issuer.token({ exp })), {
      userId: user.id,
      sessionId: session.id,
      expiresAt: new Date(exp * 1000),
    });
  });

  it("fetches the keys once for any number of tokens", async () => {
    const tokens = createAccessTokens({ issuer: issuer.url });
    const token = await issuer.token();
    await Promise.all(Array.from({ length: 50 }, () => tokens.verify(token)));
    await tokens.verify(await issuer.token());
    assert.equal(issuer.jwksRequests, 1);
  });

  it("fetches the keys from jwksUrl when it is set", async () => {
    const tokens = createAccessTokens({
      issuer: "https://auth.example",
      jwksUrl: `${issuer.url}/.well-known/jwks.json`,
    });
    const token = await issuer.token({ iss: "https://auth.example" });
    assert.equal((await tokens.verify(token)).userId, user.id);
  });

  it("accepts only tokens for its configured audience", async () => {
    const { url } = issuer;
    const tokens = createAccessTokens({ issuer: url, audience: "films" });
    await tokens.verify(await issuer.token({ aud: "films" }));
    await tokens.verify(await issuer.token({ aud: ["marquee", "films"] }));
    await assert.rejects(tokens.verify(await issuer.token()), {
      message: "The token's aud is not the expected one.",
    });
  });

  it("tolerates a token that expired 3 s ago or was issued in the future", async () => {
    const tokens = createAccessTokens({ issuer: issuer.url });
    const now = Math.floor(Date.now() / 1000);
    await tokens.verify(await issuer.token({ exp: now - 3 }));
    await tokens.verify(await issuer.token({ iat: now + 60 }));
  });
});

describe("bearer", () => {
  const issuer = useIssuer();

  function service(
    tokens: Pick<AccessTokens, "verify"> = createAccessTokens({
      issuer: issuer.url,
    }),
  ) {
    const { app } = createService();
    app.get("/me", bearer(tokens), (c) => c.text(c.get("user").userId));
    return (authorization?: string) =>
      app.request("/me", {
        headers: authorization === undefined ? {} : { authorization },
      });
  }

  it("accepts a valid token after the Bearer scheme in any case", async () => {
    const token = await issuer.token();
    const get = service();
    for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer  "]) {
      const response = await get(`${scheme} ${token}`);
      assert.equal(response.status, 200);
      assert.equal(await response.text(), user.id);
    }
  });

  for (const [name, authorization] of [
    ["a request without Authorization", undefined],
    ["an empty Authorization header", ""],
    ["a scheme without a token", "Bearer"],
    ["the Basic scheme", "Basic YWRhOnNlY3JldA=="],
    ["a token without a scheme", "eyJhbGciOiJub25lIn0.e30."],
  ] as const)
    it(`returns 401 without an error code for ${name}`, async () => {
      const response = await service()(authorization);
      const { detail } = await problemOf(response, 401);
      assert.equal(detail, "Send an access token: Authorization: Bearer ….");
      assert.equal(
        response.headers.get("www-authenticate"),
        'Bearer realm="marquee"',
      );
      assert.equal(issuer.jwksRequests, 0);
    });

  it("returns 401 with the reason for an expired token", async () => {
    const token = await issuer.token({ exp: 1 });
    const response = await service()(`Bearer ${token}`);
    const { detail } = await problemOf(response, 401);
    assert.equal(detail, "The token has expired.");
    assert.equal(
      response.headers.get("www-authenticate"),
      'Bearer realm="marquee", error="invalid_token", error_description="The token has expired."',
    );
  });

  it("returns 503 with Retry-After when auth is unreachable and a token can't be verified", async () => {
    const token = await issuer.token();
    await issuer.down();
    const response = await service()(`Bearer ${token}`);
    const { detail } = await problemOf(response, 503);
    assert.equal(
      detail,
      "Access tokens can't be verified right now, because auth is unavailable. Try again shortly.",
    );
    assert.equal(response.headers.get("retry-after"), "1");
    assert.equal(response.headers.get("www-authenticate"), null);
  });

  it("returns 503 when auth is unavailable, and 500 without details for other errors", async () => {
    const causeOfUnavailable = new AuthUnavailableError(new Error("gone"));
    const response = await service({
      verify: async () => {
        throw causeOfUnavailable;
      },
    })("Bearer token");
    await problemOf(response, 503);
    const broken = await service({
      verify: async () => {
        throw new Error("broken");
      },
    })("Bearer token");
    const { detail } = await problemOf(broken, 500);
    assert.doesNotMatch(detail, /broken/);
  });
});
