import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import fc from "fast-check";
import { exportJWK, SignJWT } from "jose";
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
const encode = (value: unknown) =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

describe("Auth's access tokens: invalid tokens", () => {
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
  it("rejects a token signed with another key, even if its header points to that key", async () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwk = await exportJWK(pair.publicKey);
    for (const more of [{}, { jwk }, { jku: "https://evil.example/jwks" }])
      await isInvalid(
        await new SignJWT(good().claims)
          .setProtectedHeader({ ...good().header, ...more })
          .sign(pair.privateKey),
        /^The token's signature is wrong\.$/,
      );
  });

  it("rejects unsigned tokens", async () => {
    const { header, claims } = good();
    for (const alg of ["none", "None", ""])
      for (const signature of ["", "AAAA"])
        await isInvalid(
          `${encode({ ...header, alg })}.${encode(claims)}.${signature}`,
          /^(The token is not signed with ES256|This is not a signed token)\.$/,
        );
  });

  it("rejects a token signed with the public key as an HMAC secret", async () => {
    const { header, claims } = good();
    const jwk = keyring.jwks().keys[0];
    for (const secret of [JSON.stringify(jwk), jwk?.x ?? ""])
      await isInvalid(
        await new SignJWT(claims)
          .setProtectedHeader({ ...header, alg: "HS256" })
          .sign(Buffer.from(secret.padEnd(32))),
        /^The token is not signed with ES256\.$/,
      );
  });

  it("rejects a token with a crit header", async () => {
    const { header } = good();
    const token = await issue();
    const crit = { ...header, crit: ["exp"], exp: 1 };
    const [, payload, signature] = token.split(".");
    await isInvalid(
      `${encode(crit)}.${payload}.${signature}`,
      /^This is not a signed token\.$/,
    );
  });

  it("rejects a valid token that was altered in any place", async () => {
    const token = await issue();
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

  it("rejects arbitrary text", async () => {
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
  });

  it("rejects a token whose claims are not a JSON object", async () => {
    const { privateKey, kid } = await keyring.signingKey();
    const { CompactSign } = await import("jose");
    for (const text of ["null", "[]", "7", '"x"', "", "{"]) {
      const token = await new CompactSign(Buffer.from(text))
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid })
        .sign(privateKey);
      await isInvalid(token, /^This is not a signed token\.$/);
    }
  });
});
