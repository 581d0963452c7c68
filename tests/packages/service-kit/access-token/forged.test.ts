import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { CompactSign, exportJWK, generateKeyPair } from "jose";
import {
  type AccessTokens,
  createAccessTokens,
  InvalidTokenError,
} from "../../../../packages/service-kit/index.ts";
import {
  claims,
  makeKey,
  useIssuer,
} from "../../../support/service-kit/access-token.ts";
import { headersOfHttpError } from "../../../support/service-kit/http-error.ts";

const encode = (value: unknown) =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

describe("createAccessTokens: invalid tokens", () => {
  const issuer = useIssuer();
  let tokens: AccessTokens;
  beforeEach(() => {
    tokens = createAccessTokens({
      issuer: issuer.url,
      keySetTimings: { retrySeconds: 0.01 },
    });
  });

  /** Asserts that a token is rejected, with a message that is also valid in the WWW-Authenticate header. */
  async function isInvalid(token: string, message: RegExp) {
    const error = await tokens.verify(token).then(
      () => assert.fail("The token was accepted."),
      (error: unknown) => error,
    );
    assert.ok(error instanceof InvalidTokenError, String(error));
    assert.match(error.message, message);
    assert.match(error.message, /^[ !#-[\]-~]+$/, "RFC 6750, section 3");
    assert.equal(
      headersOfHttpError(error, 401).get("www-authenticate"),
      `Bearer realm="marquee", error="invalid_token", error_description="${error.message}"`,
    );
  }

  it("rejects a token signed with another key, even if its header points to that key", async () => {
    const { jwk, privateKey } = await makeKey();
    for (const more of [
      {},
      { jwk },
      { jku: "https://evil.example/jwks" },
      { x5u: "https://evil.example/cert" },
    ])
      await isInvalid(
        await issuer.token({}, more, privateKey),
        /^The token's signature is wrong\.$/,
      );
    assert.equal(issuer.jwksRequests, 1);
  });

  it("rejects unsigned tokens", async () => {
    const header = { typ: "at+jwt", kid: issuer.keys[0]?.kid };
    for (const alg of ["none", "None", "", null])
      for (const signature of ["", "AAAA"])
        await isInvalid(
          `${encode({ ...header, alg })}.${encode(claims(issuer.url))}.${signature}`,
          /^(The token is not signed with ES256|This is not a signed token)\.$/,
        );
  });

  it("rejects a token signed with the public key as an HMAC secret", async () => {
    const { jwk } = issuer.keys[0] ?? {};
    for (const secret of [JSON.stringify(jwk), jwk?.x ?? ""])
      await isInvalid(
        await issuer.token(
          {},
          { alg: "HS256" },
          Buffer.from(secret.padEnd(32)),
        ),
        /^The token is not signed with ES256\.$/,
      );
  });

  for (const alg of ["ES384", "RS256", "PS256", "EdDSA"])
    it(`rejects a token signed with ${alg}, even if auth publishes the key`, async () => {
      const { publicKey, privateKey } = await generateKeyPair(alg);
      const kid = randomUUID();
      const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
      issuer.keys.push({ kid, jwk, privateKey });
      await isInvalid(
        await issuer.token({}, { alg, kid }, privateKey),
        /^The token is not signed with ES256\.$/,
      );
    });

  const wrong: [string, Record<string, unknown>, string][] = [
    ["another issuer", { iss: "https://evil.example" }, "iss"],
    [
      "an issuer that only starts with the expected one",
      { iss: "URL/" },
      "iss",
    ],
    ["no issuer", { iss: undefined }, "iss"],
    ["another audience", { aud: "other" }, "aud"],
    ["several audiences without the expected one", { aud: ["a", "b"] }, "aud"],
    ["no audience", { aud: undefined }, "aud"],
    ["an exp that is not a number", { exp: "tomorrow" }, "exp"],
    ["an nbf in the future", { nbf: 9_999_999_999 }, "nbf"],
  ];
  for (const [name, changes, claim] of wrong)
    it(`rejects a token with ${name}`, async () => {
      if (changes.iss === "URL/") changes.iss = `${issuer.url}/`;
      await isInvalid(
        await issuer.token(changes),
        new RegExp(`^The token's ${claim} is not the expected one\\.$`),
      );
    });

  const odd: [string, Record<string, unknown>, string][] = [
    ["a sub that is not a UUID", { sub: "ada" }, "sub"],
    ["no sub", { sub: undefined }, "sub"],
    ["no sid", { sid: undefined }, "sid"],
    ["no exp", { exp: undefined }, "exp"],
    ["an invalid sub and sid", { sub: 7, sid: null }, "sub, sid"],
  ];
  for (const [name, changes, names] of odd)
    it(`rejects a token with ${name}`, async () =>
      isInvalid(
        await issuer.token(changes),
        new RegExp(`^The token's claims are not as expected: ${names}\\.$`),
      ));

  it("rejects expired tokens", async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const exp of [now - 6, 0, -1])
      await isInvalid(await issuer.token({ exp }), /^The token has expired\.$/);
  });

  it("rejects tokens of another type, such as ID tokens", async () => {
    for (const typ of ["JWT", "id+jwt", "", undefined, 7])
      await isInvalid(
        await issuer.token({}, { typ }),
        /^The token's typ is not the expected one\.$/,
      );
  });

  it("rejects a token whose kid is missing, invalid or unknown", async () => {
    for (const kid of [undefined, null, 7, ["x"], {}])
      await isInvalid(
        await issuer.token({}, { kid }),
        /^The token names no key\.$/,
      );
    for (const kid of [
      "",
      "../../../../dev/null",
      "' OR 1=1 --",
      "__proto__",
      "constructor",
      "\u0000",
      "x".repeat(10_000),
      issuer.url,
    ])
      await isInvalid(
        await issuer.token({}, { kid }),
        /^The token's key is not one of auth's\.$/,
      );
  });

  it("rejects a token whose kid is that of another published key", async () => {
    const other = await makeKey();
    issuer.keys.push(other);
    await isInvalid(
      await issuer.token({}, { kid: other.kid }),
      /^The token's signature is wrong\.$/,
    );
  });

  it("rejects a token with a crit header", async () => {
    const header = { alg: "ES256", typ: "at+jwt", kid: issuer.keys[0]?.kid };
    const [, payload, signature] = (await issuer.token()).split(".");
    for (const more of [{ crit: ["exp"], exp: 1 }, { crit: [] }])
      await isInvalid(
        `${encode({ ...header, ...more })}.${payload}.${signature}`,
        /^This is not a signed token\.$/,
      );
  });

  it("rejects a token whose claims are not a JSON object", async () => {
    const { kid, privateKey } = issuer.keys[0] ?? (await makeKey());
    for (const text of ["null", "[]", "7", '"x"', "", "{"]) {
      const token = await new CompactSign(Buffer.from(text))
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid })
        .sign(privateKey);
      await isInvalid(token, /^This is not a signed token\.$/);
    }
  });

  it("rejects a valid token that was altered in any place", async () => {
    const token = await issuer.token();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.stringMatching(/^[\w.-]{0,2}$/),
        async (at, put) => {
          const changed = token.slice(0, at) + put + token.slice(at + 1);
          // The last character of a signature has four unused bits.
          const [head, body, signature = ""] = changed.split(".");
          const bytes = Buffer.from(signature, "base64url");
          const same = `${head}.${body}.${bytes.toString("base64url")}`;
          fc.pre(changed !== token && same !== token);
          await isInvalid(changed, /\.$/);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("rejects arbitrary text without fetching the keys", async () => {
    await isInvalid("", /^This is not a signed token\.$/);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.stringMatching(/^[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}$/),
        ),
        (text) => isInvalid(text, /\.$/),
      ),
      { numRuns: 500 },
    );
    assert.equal(issuer.jwksRequests, 0);
  });
});
