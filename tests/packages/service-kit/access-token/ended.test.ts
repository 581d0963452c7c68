import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import {
  bearer,
  createAccessTokens,
  createService,
  InvalidTokenError,
  SessionEndedError,
} from "../../../../packages/service-kit/index.ts";
import { problemOf } from "../../../support/problem.ts";
import { useIssuer } from "../../../support/service-kit/access-token.ts";

describe("createAccessTokens: ended sessions", () => {
  const issuer = useIssuer();
  /** Verifies tokens, and fetches the revoked sessions for each of them. */
  const service = (more = {}) =>
    createAccessTokens({
      issuer: issuer.url,
      revocationTimings: {
        refreshAfterSeconds: 0,
        waitAfterSeconds: 0,
        retrySeconds: 0,
      },
      ...more,
    });
  async function ended(account_deleted = false): Promise<string> {
    const sid = randomUUID();
    issuer.revoked = [{ id: sid, expires_in: 660, account_deleted }];
    return issuer.token({ sid });
  }

  it("rejects a token whose session has ended, and accepts tokens of other sessions", async () => {
    const tokens = service();
    const other = await issuer.token();
    const token = await ended();
    await assert.rejects(tokens.verify(token), (error: unknown) => {
      assert.ok(error instanceof SessionEndedError);
      assert.ok(error instanceof InvalidTokenError);
      assert.equal(error.message, "The token's session has ended.");
      return true;
    });
    await tokens.verify(other);
    assert.equal(await tokens.hasEnded(decodeJwt(token).sid as string), true);
    assert.equal(await tokens.hasEnded(decodeJwt(other).sid as string), false);
  });

  it("rejects a token that it accepted before the session ended", async () => {
    const tokens = service();
    const sid = randomUUID();
    const token = await issuer.token({ sid });
    issuer.revoked = [];
    await tokens.verify(token);
    issuer.revoked = [{ id: sid, expires_in: 660, account_deleted: false }];
    await assert.rejects(tokens.verify(token), SessionEndedError);
  });

  it("accepts a token whose session has ended when auth publishes no revoked sessions", async () => {
    const token = await ended();
    issuer.revoked = undefined;
    await service().verify(token);
  });

  it("keeps rejecting tokens of ended sessions and accepting others while auth is unreachable", async () => {
    const tokens = service();
    const other = await issuer.token();
    const token = await ended();
    await assert.rejects(tokens.verify(token), SessionEndedError);
    await issuer.down();
    await tokens.verify(other);
    await assert.rejects(tokens.verify(token), SessionEndedError);
  });

  it("fetches the revoked sessions from the origin of jwksUrl", async () => {
    const tokens = service({
      issuer: "https://auth.example.com",
      jwksUrl: `${issuer.url}/.well-known/jwks.json`,
    });
    await ended();
    const sid = issuer.revoked?.[0]?.id;
    const token = await issuer.token({ iss: "https://auth.example.com", sid });
    await assert.rejects(tokens.verify(token), SessionEndedError);
  });

  it("does not fetch the revoked sessions for a token whose signature is invalid", async () => {
    issuer.revoked = [];
    const token = await issuer.token();
    await assert.rejects(service().verify(`${token.slice(0, -8)}AAAAAAAA`));
    assert.equal(issuer.askedForRevoked, 0);
  });

  describe("bearer", () => {
    const route = (acceptDeletedAccount?: boolean) => {
      const options =
        acceptDeletedAccount === undefined ? {} : { acceptDeletedAccount };
      const { app } = createService();
      app.get("/", bearer(service(), options), (c) =>
        c.text(c.get("user").userId),
      );
      return (token: string) =>
        app.request("/", { headers: { authorization: `Bearer ${token}` } });
    };

    it("returns 401 with the reason for a token whose session has ended", async () => {
      const response = await route()(await ended());
      assert.equal(
        response.headers.get("www-authenticate"),
        'Bearer realm="marquee", error="invalid_token", error_description="The token\'s session has ended."',
      );
      const { detail } = await problemOf(response, 401);
      assert.equal(detail, "The token's session has ended.");
    });

    it("accepts a token of an ended session only with acceptDeletedAccount and a deleted account", async () => {
      assert.equal((await route(true)(await ended(true))).status, 200);
      await problemOf(await route(true)(await ended(false)), 401);
      await problemOf(await route(false)(await ended(true)), 401);
      await problemOf(await route()(await ended(true)), 401);
    });
  });
});
