import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
} from "jose"; // the JOSE library for JavaScript; it depends on nothing
import type { RevokedSession } from "../../../services/auth/sessions/revocations.ts";
import { AuthAway } from "../../../services/runtime/index.ts";

export const user = { id: randomUUID() };
export const session = { id: randomUUID() };

export interface TestKey {
  kid: string;
  jwk: JWK;
  privateKey: CryptoKey;
}

/** A key as auth makes them. */
export async function makeKey(): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", {
    extractable: true,
  });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint({ kty, crv, x, y } as JWK);
  const jwk = { kid, kty, crv, x, y, alg: "ES256", use: "sig" } as JWK;
  return { kid, jwk, privateKey };
}

/** Claims as auth's tokens have them, valid now. */
export function claims(issuer: string) {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: user.id,
    aud: "marquee",
    iat: now,
    exp: now + 600,
    jti: randomUUID(),
    client_id: "marquee",
    sid: session.id,
  };
}

/** Auth as those know it who verify its tokens: a server with a JWKS, of which tests decide what it does. */
export interface TestIssuer {
  /** Its URL, and `iss` of its tokens. */
  url: string;
  /** How often it was asked for its keys. */
  asked: number;
  /** What it publishes; the first one signs. */
  keys: TestKey[];
  cacheControl: string | undefined;
  /** What it lists as revoked. undefined: it has no such list. */
  revoked: RevokedSession[] | undefined;
  /** How often it was asked for that. */
  askedForRevoked: number;
  /** What it does in place of answering with its keys. */
  instead: RequestListener | undefined;
  down(): Promise<void>;
  /** At the same port. */
  up(): Promise<void>;
  /** @param changes to claims and header; undefined leaves one out */
  token(
    changes?: Record<string, unknown>,
    header?: Record<string, unknown>,
    privateKey?: CryptoKey | Uint8Array,
  ): Promise<string>;
}

/** For the suite that calls it: an issuer that each test finds as new. */
export function useIssuer(): TestIssuer {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/revocations") && issuer.revoked) {
      issuer.askedForRevoked++;
      const answer = { cursor: "1", sessions: issuer.revoked };
      return response.end(JSON.stringify(answer));
    }
    if (request.url !== "/.well-known/jwks.json")
      return response.writeHead(404).end();
    issuer.asked++;
    if (issuer.instead) return issuer.instead(request, response);
    response.setHeader("content-type", "application/json");
    if (issuer.cacheControl)
      response.setHeader("cache-control", issuer.cacheControl);
    return response.end(
      JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) }),
    );
  });
  let port = 0;
  const issuer: TestIssuer = {
    url: "",
    asked: 0,
    keys: [],
    cacheControl: undefined,
    revoked: undefined,
    askedForRevoked: 0,
    instead: undefined,
    async down() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
    async up() {
      if (server.listening) return;
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      ({ port } = server.address() as AddressInfo);
    },
    token(changes = {}, header = {}, privateKey) {
      const [{ kid, privateKey: own }] = issuer.keys as [TestKey];
      const all = { alg: "ES256", typ: "at+jwt", kid, ...header };
      return new SignJWT({ ...claims(issuer.url), ...changes })
        .setProtectedHeader(all)
        .sign(privateKey ?? own);
    },
  };
  beforeEach(async () => {
    await issuer.up();
    Object.assign(issuer, {
      url: `http://127.0.0.1:${port}`,
      asked: 0,
      keys: [await makeKey()],
      cacheControl: "public, max-age=300",
      revoked: undefined,
      askedForRevoked: 0,
      instead: undefined,
    });
  });
  afterEach(() => issuer.down());
  return issuer;
}

/** Asserts that it can't be said whether a token is valid, and gives why, for the log. */
export async function away(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail("auth was there"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof AuthAway, inspect(error));
  assert.equal(error.status, 503);
  assert.equal(error.getResponse().headers.get("retry-after"), "1");
  return (error.cause as Error).message;
}

/** Asserts that a token is refused for its key. */
export const unknown = (work: Promise<unknown>) =>
  assert.rejects(work, { message: "The token's key is none of auth's." });
