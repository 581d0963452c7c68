import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import { inspect } from "node:util";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
} from "jose";
import { AuthUnavailableError } from "../../../packages/service-kit/index.ts";
import type { RevokedSession } from "../../../services/auth/sessions/revocations.ts";
import { restartable } from "../restartable.ts";
import { headersOfHttpError } from "./http-error.ts";

export const user = { id: randomUUID() };
export const session = { id: randomUUID() };

export interface TestKey {
  kid: string;
  jwk: JWK;
  privateKey: CryptoKey;
}

/** A signing key like auth's. */
export async function makeKey(): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", {
    extractable: true,
  });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint({ kty, crv, x, y } as JWK);
  const jwk = { kid, kty, crv, x, y, alg: "ES256", use: "sig" } as JWK;
  return { kid, jwk, privateKey };
}

/** The claims of an access token that auth would issue now. */
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

/** Auth's endpoints for verifiers of its tokens, the JWKS and the revocations, under the test's control. */
export interface TestIssuer {
  /** The server's URL, and the `iss` of its tokens. */
  url: string;
  /** The number of requests for the JWKS. */
  jwksRequests: number;
  /** The published keys; the first one signs. */
  keys: TestKey[];
  cacheControl: string | undefined;
  /** The revoked sessions. undefined: GET /revocations returns 404. */
  revoked: RevokedSession[] | undefined;
  /** The number of requests for the revocations. */
  askedForRevoked: number;
  /** Handles requests for the JWKS in place of the published keys. */
  jwksHandler: RequestListener | undefined;
  down(): Promise<void>;
  /** Starts the server again on the same port. */
  up(): Promise<void>;
  /** @param changes to the claims; undefined leaves a claim out */
  token(
    changes?: Record<string, unknown>,
    header?: Record<string, unknown>,
    privateKey?: CryptoKey | Uint8Array,
  ): Promise<string>;
}

/** Starts an issuer for the calling suite, and resets it before each test. */
export function useIssuer(): TestIssuer {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/revocations") && issuer.revoked) {
      issuer.askedForRevoked++;
      const answer = { cursor: "1", sessions: issuer.revoked };
      return response.end(JSON.stringify(answer));
    }
    if (request.url !== "/.well-known/jwks.json")
      return response.writeHead(404).end();
    issuer.jwksRequests++;
    if (issuer.jwksHandler) return issuer.jwksHandler(request, response);
    response.setHeader("content-type", "application/json");
    if (issuer.cacheControl)
      response.setHeader("cache-control", issuer.cacheControl);
    return response.end(
      JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) }),
    );
  });
  const { url, up, down } = restartable(server);
  const issuer: TestIssuer = {
    url: "",
    jwksRequests: 0,
    keys: [],
    cacheControl: undefined,
    revoked: undefined,
    askedForRevoked: 0,
    jwksHandler: undefined,
    up,
    down,
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
      url: url(),
      jwksRequests: 0,
      keys: [await makeKey()],
      cacheControl: "public, max-age=300",
      revoked: undefined,
      askedForRevoked: 0,
      jwksHandler: undefined,
    });
  });
  afterEach(() => issuer.down());
  return issuer;
}

/** Asserts that verification fails because auth is unavailable, and returns the cause's message. */
export async function causeOfUnavailable(
  work: Promise<unknown>,
): Promise<string> {
  const error = await work.then(
    () => assert.fail("The verification succeeded."),
    (error: unknown) => error,
  );
  assert.ok(error instanceof AuthUnavailableError, inspect(error));
  assert.equal(headersOfHttpError(error, 503).get("retry-after"), "1");
  return (error.cause as Error).message;
}

/** Asserts that a token is rejected because auth has not published its key. */
export const unknown = (work: Promise<unknown>) =>
  assert.rejects(work, { message: "The token's key is not one of auth's." });
