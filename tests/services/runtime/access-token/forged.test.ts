import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check"; // makes inputs nobody thinks of, and then the smallest that fails
import { CompactSign, exportJWK, generateKeyPair } from "jose"; // the JOSE library for JavaScript; it depends on nothing
import {
  type AccessTokens,
  createAccessTokens,
  InvalidToken,
} from "../../../../services/runtime/index.ts";
import {
  claims,
  makeKey,
  useIssuer,
} from "../../../support/runtime/access-token.ts";

const encode = (value: unknown) =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

describe("A service refuses access tokens that", () => {
  const issuer = useIssuer();
  let tokens: AccessTokens;
  beforeEach(() => {
    tokens = createAccessTokens({ issuer: issuer.url, times: { pause: 0.01 } });
  });

  /** The message goes into a header, too: it has to be fit for one. */
  async function isInvalid(token: string, message: RegExp) {
    const error = await tokens.verify(token).then(
      () => assert.fail("it was valid"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof InvalidToken, String(error));
    assert.match(error.message, message);
    assert.match(error.message, /^[ !#-[\]-~]+$/, "RFC 6750, 3");
    assert.equal(error.getResponse().status, 401);
  }

  it("are signed by who has another key, whatever the header says about it", async () => {
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
    assert.equal(issuer.asked, 1);
  });

  it("are not signed", async () => {
    const header = { typ: "at+jwt", kid: issuer.keys[0]?.kid };
    for (const alg of ["none", "None", "", null])
      for (const signature of ["", "AAAA"])
        await isInvalid(
          `${encode({ ...header, alg })}.${encode(claims(issuer.url))}.${signature}`,
          /^(The token is not signed with ES256|This is not a signed token)\.$/,
        );
  });

  it("are signed with the public key as a secret", async () => {
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
    it(`are signed with ${alg}, even if its key is published`, async () => {
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
    ["an issuer that only begins like ours", { iss: "URL/" }, "iss"],
    ["no issuer", { iss: undefined }, "iss"],
    ["another audience", { aud: "other" }, "aud"],
    ["several audiences without us", { aud: ["a", "b"] }, "aud"],
    ["no audience", { aud: undefined }, "aud"],
    ["an end that is no number", { exp: "tomorrow" }, "exp"],
    ["a begin that is to come", { nbf: 9_999_999_999 }, "nbf"],
  ];
  for (const [name, changes, claim] of wrong)
    it(`have ${name}`, async () => {
      if (changes.iss === "URL/") changes.iss = `${issuer.url}/`;
      await isInvalid(
        await issuer.token(changes),
        new RegExp(`^The token's ${claim} is not the expected one\\.$`),
      );
    });

  const odd: [string, Record<string, unknown>, string][] = [
    ["a user who is no UUID", { sub: "ada" }, "sub"],
    ["no user", { sub: undefined }, "sub"],
    ["no session", { sid: undefined }, "sid"],
    ["no end", { exp: undefined }, "exp"],
    ["neither", { sub: 7, sid: null }, "sub, sid"],
  ];
  for (const [name, changes, names] of odd)
    it(`have ${name}`, async () =>
      isInvalid(
        await issuer.token(changes),
        new RegExp(`^The token's claims are not as expected: ${names}\\.$`),
      ));

  it("have expired", async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const exp of [now - 6, 0, -1])
      await isInvalid(await issuer.token({ exp }), /^The token has expired\.$/);
  });

  it("are of another type, such as an ID token", async () => {
    for (const typ of ["JWT", "id+jwt", "", undefined, 7])
      await isInvalid(
        await issuer.token({}, { typ }),
        /^The token's typ is not the expected one\.$/,
      );
  });

  it("name no key, or none of auth's", async () => {
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
        /^The token's key is none of auth's\.$/,
      );
  });

  it("name another of auth's keys than the one that signed them", async () => {
    const other = await makeKey();
    issuer.keys.push(other);
    await isInvalid(
      await issuer.token({}, { kid: other.kid }),
      /^The token's signature is wrong\.$/,
    );
  });

  it("ask for something we don't know", async () => {
    const header = { alg: "ES256", typ: "at+jwt", kid: issuer.keys[0]?.kid };
    const [, payload, signature] = (await issuer.token()).split(".");
    for (const more of [{ crit: ["exp"], exp: 1 }, { crit: [] }])
      await isInvalid(
        `${encode({ ...header, ...more })}.${payload}.${signature}`,
        /^This is not a signed token\.$/,
      );
  });

  it("have claims that are no object", async () => {
    const { kid, privateKey } = issuer.keys[0] ?? (await makeKey());
    for (const text of ["null", "[]", "7", '"x"', "", "{"]) {
      const token = await new CompactSign(Buffer.from(text))
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid })
        .sign(privateKey);
      await isInvalid(token, /^This is not a signed token\.$/);
    }
  });

  it("were changed anywhere", async () => {
    const token = await issuer.token();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.stringMatching(/^[\w.-]{0,2}$/),
        async (at, put) => {
          const changed = token.slice(0, at) + put + token.slice(at + 1);
          // The last character of a signature has four bits that mean nothing.
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

  it("are anything else", async () => {
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
    assert.equal(issuer.asked, 0);
  });
});
