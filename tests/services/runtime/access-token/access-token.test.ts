import assert from "node:assert/strict";
import {
  type AccessTokens,
  AuthAway,
  bearer,
  createAccessTokens,
  createService,
} from "../../../../services/runtime/index.ts";
import { problemOf } from "../../../support/problem.ts";
import {
  session,
  useIssuer,
  user,
} from "../../../support/runtime/access-token.ts";

describe("A service that takes auth's access tokens", () => {
  const issuer = useIssuer();

  it("knows whose a token is, in which session, and until when", async () => {
    const tokens = createAccessTokens({ issuer: issuer.url });
    const exp = Math.floor(Date.now() / 1000) + 60;
    assert.deepEqual(await tokens.verify(await issuer.token({ exp })), {
      userId: user.id,
      sessionId: session.id,
      expiresAt: new Date(exp * 1000),
    });
  });

  it("asks auth once for any number of tokens", async () => {
    const tokens = createAccessTokens({ issuer: issuer.url });
    const token = await issuer.token();
    await Promise.all(Array.from({ length: 50 }, () => tokens.verify(token)));
    await tokens.verify(await issuer.token());
    assert.equal(issuer.asked, 1);
  });

  it("may be told another way to auth's keys than by its public URL", async () => {
    const tokens = createAccessTokens({
      issuer: "https://auth.example",
      jwksUrl: `${issuer.url}/.well-known/jwks.json`,
    });
    const token = await issuer.token({ iss: "https://auth.example" });
    assert.equal((await tokens.verify(token)).userId, user.id);
  });

  it("may be another audience", async () => {
    const { url } = issuer;
    const tokens = createAccessTokens({ issuer: url, audience: "films" });
    await tokens.verify(await issuer.token({ aud: "films" }));
    await tokens.verify(await issuer.token({ aud: ["marquee", "films"] }));
    await assert.rejects(tokens.verify(await issuer.token()), {
      message: "The token's aud is not the expected one.",
    });
  });

  it("is patient with a clock that differs by seconds", async () => {
    const tokens = createAccessTokens({ issuer: issuer.url });
    const now = Math.floor(Date.now() / 1000);
    await tokens.verify(await issuer.token({ exp: now - 3 }));
    await tokens.verify(await issuer.token({ iat: now + 60 }));
  });
});

describe("A route for people who are logged in", () => {
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

  it("is answered to who sends a token", async () => {
    const token = await issuer.token();
    const get = service();
    for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer  "]) {
      const response = await get(`${scheme} ${token}`);
      assert.equal(response.status, 200);
      assert.equal(await response.text(), user.id);
    }
  });

  for (const [name, authorization] of [
    ["nothing", undefined],
    ["an empty header", ""],
    ["a scheme without a token", "Bearer"],
    ["another scheme", "Basic YWRhOnNlY3JldA=="],
    ["a token without its scheme", "eyJhbGciOiJub25lIn0.e30."],
  ] as const)
    it(`asks for a token who sends ${name}, and says no error`, async () => {
      const response = await service()(authorization);
      const { detail } = await problemOf(response, 401);
      assert.equal(detail, "Send an access token: Authorization: Bearer ….");
      assert.equal(
        response.headers.get("www-authenticate"),
        'Bearer realm="marquee"',
      );
      assert.equal(issuer.asked, 0);
    });

  it("says what is wrong with a token", async () => {
    const token = await issuer.token({ exp: 1 });
    const response = await service()(`Bearer ${token}`);
    const { detail } = await problemOf(response, 401);
    assert.equal(detail, "The token has expired.");
    assert.equal(
      response.headers.get("www-authenticate"),
      'Bearer realm="marquee", error="invalid_token", error_description="The token has expired."',
    );
  });

  it("says when to come again, if nobody can say whether a token is valid", async () => {
    const token = await issuer.token();
    await issuer.down();
    const response = await service()(`Bearer ${token}`);
    const { detail } = await problemOf(response, 503);
    assert.equal(
      detail,
      "Access tokens can't be verified now, because auth does not answer. Try again shortly.",
    );
    assert.equal(response.headers.get("retry-after"), "1");
    assert.equal(response.headers.get("www-authenticate"), null);
  });

  it("leaves other errors alone", async () => {
    const away = new AuthAway(new Error("gone"));
    const response = await service({
      verify: async () => {
        throw away;
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
