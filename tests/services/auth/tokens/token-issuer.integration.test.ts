import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import {
  createKeyring,
  type Keyring,
} from "../../../../services/auth/tokens/keyring.ts";
import {
  createTokenIssuer,
  type TokenIssuer,
} from "../../../../services/auth/tokens/token-issuer.ts";
import { keyEncryptionKey, useReplicas } from "../../../support/auth/domain.ts";

const issuer = "https://auth.example";
const user = { id: randomUUID() };
const session = { id: randomUUID() };

describe("Auth's access tokens", () => {
  const replicas = useReplicas();
  let keyring: Keyring;
  let tokens: TokenIssuer;
  beforeEach(async () => {
    keyring = createKeyring(replicas.first, { keyEncryptionKey });
    await keyring.load();
    tokens = createTokenIssuer(keyring, { issuer });
  });

  const issue = async () => (await tokens.issue(user, session)).token;
  const isInvalid = (token: string, message: RegExp) =>
    assert.rejects(tokens.verify(token), {
      name: "InvalidTokenError",
      message,
    });
  /** Tokens with the database's clock ahead by this many seconds. */
  const inAWhile = (seconds: number, of: Keyring = keyring) =>
    createTokenIssuer(
      { ...of, now: () => of.now() + seconds * 1000 },
      { issuer },
    );

  it("contains the claims of RFC 9068 and the session", async () => {
    const { token, expiresIn } = await tokens.issue(user, session);
    const { iat, exp, jti, ...claims } = decodeJwt(token);
    assert.deepEqual(claims, {
      iss: issuer,
      sub: user.id,
      aud: "marquee",
      client_id: "marquee",
      sid: session.id,
    });
    assert.equal(expiresIn, 600);
    assert.equal(Number(exp) - Number(iat), 600);
    assert.ok(Math.abs(Number(iat) - Date.now() / 1000) < 60);
    assert.match(jti ?? "", /^[0-9a-f-]{36}$/);
    assert.notEqual(decodeJwt(await issue()).jti, jti);
    assert.deepEqual(decodeProtectedHeader(token), {
      alg: "ES256",
      typ: "at+jwt",
      kid: keyring.jwks().keys[0]?.kid,
    });
  });

  it("returns the issued claims when it verifies a token", async () => {
    const token = await issue();
    assert.deepEqual(await tokens.verify(token), decodeJwt(token));
  });

  it("accepts only tokens for its own audience", async () => {
    const other = createTokenIssuer(keyring, {
      issuer,
      audience: "others",
      clientId: "client",
    });
    const { token } = await other.issue(user, session);
    const { aud, client_id } = await other.verify(token);
    assert.deepEqual([aud, client_id], ["others", "client"]);
    await isInvalid(token, /^The token's aud is not the expected one\.$/);
  });

  it("expires after ten minutes, with a clock tolerance of five seconds", async () => {
    const token = await issue();
    assert.ok(await inAWhile(600 + 3).verify(token));
    await assert.rejects(inAWhile(600 + 6).verify(token), {
      name: "InvalidTokenError",
      message: "The token has expired.",
    });
  });

  it("accepts a token issued 4 s in the future, and rejects one issued 30 s in the future", async () => {
    const soon = (await inAWhile(4).issue(user, session)).token;
    assert.ok(await tokens.verify(soon));
    const later = (await inAWhile(30).issue(user, session)).token;
    await isInvalid(later, /^The token was issued in the future\.$/);
  });

  describe("invalid claims", () => {
    const good = () => {
      const now = Math.floor(keyring.now() / 1000);
      return {
        header: {
          alg: "ES256",
          typ: "at+jwt",
          kid: keyring.jwks().keys[0]?.kid as string,
        },
        claims: {
          iss: issuer,
          sub: user.id,
          aud: "marquee",
          iat: now,
          exp: now + 600,
          jti: randomUUID(),
          client_id: "marquee",
          sid: session.id,
        },
      };
    };
    /** A token signed with our own key, with changes to its header and claims. */
    async function signed(header: object = {}, claims: object = {}) {
      const { privateKey } = await keyring.signingKey();
      const all = good();
      return new SignJWT({ ...all.claims, ...claims })
        .setProtectedHeader({ ...all.header, ...header })
        .sign(privateKey);
    }

    it("accepts the token of these tests without changes", async () => {
      assert.ok(await tokens.verify(await signed()));
    });

    const claims: [string, object, RegExp][] = [
      ["of another issuer", { iss: "https://evil.example" }, /token's iss is/],
      ["without an issuer", { iss: undefined }, /token's iss is/],
      ["for another audience", { aud: "other" }, /token's aud is/],
      ["without an audience", { aud: undefined }, /token's aud is/],
      ["for several audiences", { aud: ["marquee", "x"] }, /expected: aud\.$/],
      ["that never expire", { exp: undefined }, /expected: exp\.$/],
      ["whose exp is not a number", { exp: "tomorrow" }, /token's exp is/],
      ["without iat", { iat: undefined }, /expected: iat\.$/],
      ["that are not valid yet", { nbf: 9_999_999_999 }, /token's nbf is/],
      ["without a user", { sub: undefined }, /expected: sub\.$/],
      ["whose user is not a UUID", { sub: "ada" }, /expected: sub\.$/],
      ["without a session", { sid: undefined }, /expected: sid\.$/],
      ["whose session is a number", { sid: 7 }, /expected: sid\.$/],
      ["without an id", { jti: undefined }, /expected: jti\.$/],
      ["without a client", { client_id: undefined }, /expected: client_id\.$/],
      [
        "with several invalid claims",
        { sub: undefined, sid: 7 },
        /^The token's claims are not as expected: sub, sid\.$/,
      ],
    ];
    for (const [which, wrong, message] of claims)
      it(`rejects tokens ${which}`, async () => {
        await isInvalid(await signed({}, wrong), message);
      });

    it("rejects tokens of another type, such as ID tokens", async () => {
      for (const typ of ["JWT", "id+jwt", undefined, ""])
        await isInvalid(await signed({ typ }), /token's typ is/);
    });

    it("rejects tokens whose kid is missing or unknown", async () => {
      for (const kid of [undefined, ""])
        await isInvalid(await signed({ kid }), /^The token has no kid\.$/);
      for (const kid of ["x", "A".repeat(43), "../../etc/passwd"])
        await isInvalid(
          await signed({ kid }),
          /^The token's key is unknown to this issuer\.$/,
        );
    });

    it("does not show the token in the error", async () => {
      const token = await signed({}, { sub: "ada" });
      const error = await tokens.verify(token).catch(String);
      assert.ok(!String(error).includes(token.slice(0, 20)));
    });
  });
});
