import { errors, jwtVerify } from "jose";
import * as z from "zod";
import { logger } from "../observability/logger.ts";
import { InvalidTokenError, SessionEndedError } from "./errors.ts";
import { algorithm } from "./fetch-keys.ts";
import type { Fetch } from "./fetch-text.ts";
import {
  createKeySet,
  defaultKeySetTimings,
  type KeySetTimings,
} from "./key-set.ts";
import {
  createRevocations,
  defaultRevocationTimings,
  type RevocationTimings,
} from "./revocations.ts";

/** An access token's verified claims. */
export interface AccessToken {
  /** Auth's id of the user: a UUID. */
  userId: string;
  /** Auth's id of the session: a UUID. */
  sessionId: string;
  expiresAt: Date;
}

export interface AccessTokensOptions {
  /** Auth's URL as in the `iss` claim, without a trailing slash. */
  issuer: string;
  /**
   * URL of auth's keys. /revocations is at the same origin.
   * @default the issuer's /.well-known/jwks.json
   */
  jwksUrl?: string | undefined;
  /** The required `aud` claim. @default marquee */
  audience?: string;
  /** Must respect `signal`. @default Node.js's own */
  fetch?: Fetch;
  /** @default defaultKeySetTimings */
  keySetTimings?: Partial<KeySetTimings>;
  /** @default defaultRevocationTimings */
  revocationTimings?: Partial<RevocationTimings>;
}

export interface VerifyOptions {
  /** Also accepts tokens of deleted accounts, for the cleanup after a deletion. @default false */
  acceptDeletedAccount?: boolean;
}

export interface AccessTokens {
  /**
   * Returns a token's claims if auth issued it for this audience, it has not expired, and its session has not ended.
   * Sessions count as ended some seconds after their end.
   * @throws InvalidTokenError; its subclass SessionEndedError
   * @throws AuthUnavailableError if the token's key is not cached and auth is unavailable
   */
  verify(token: string, options?: VerifyOptions): Promise<AccessToken>;
  /** Whether a session has ended, with a delay of some seconds. */
  hasEnded(sessionId: string): Promise<boolean>;
}

/** Tolerates a clock that is ahead of auth's. A clock that is behind only accepts tokens for longer. */
const clockToleranceSeconds = 5;

const Claims = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.number() });

/** Verifies auth's access tokens (RFC 9068) without a request per token: caches auth's keys and revoked sessions. */
export function createAccessTokens({
  issuer,
  jwksUrl = `${issuer}/.well-known/jwks.json`,
  audience = "marquee",
  fetch = globalThis.fetch,
  keySetTimings,
  revocationTimings,
}: AccessTokensOptions): AccessTokens {
  const keys = createKeySet(jwksUrl, {
    fetch,
    timings: { ...defaultKeySetTimings, ...keySetTimings },
  });
  const revocations = createRevocations(
    `${new URL(jwksUrl).origin}/revocations`,
    {
      fetch,
      timings: { ...defaultRevocationTimings, ...revocationTimings },
    },
  );
  const checks = {
    algorithms: [algorithm],
    typ: "at+jwt",
    issuer,
    audience,
    clockTolerance: clockToleranceSeconds,
  };

  let foreignIssuer: unknown;

  /** Warns of a misconfiguration, once per issuer. jose checks the signature first, so auth did issue the token. */
  function warnOfIssuer(error: errors.JWTClaimValidationFailed): void {
    const { iss } = error.payload;
    if (error.claim !== "iss" || iss === foreignIssuer) return;
    foreignIssuer = iss;
    logger.warn(
      { issuer, tokenIssuer: iss },
      "auth issues access tokens with another issuer than ISSUER, so none is accepted",
    );
  }

  return {
    async verify(token, { acceptDeletedAccount = false } = {}) {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }: { kid?: unknown }) => {
          if (typeof kid !== "string")
            throw new InvalidTokenError("The token names no key.");
          const key = await keys.find(kid);
          if (!key)
            throw new InvalidTokenError(
              "The token's key is not one of auth's.",
            );
          return key;
        },
        checks,
      ).catch((error) => {
        if (error instanceof errors.JWTClaimValidationFailed)
          warnOfIssuer(error);
        throw error instanceof errors.JOSEError
          ? invalidTokenError(error)
          : error;
      });
      const claims = Claims.safeParse(payload);
      if (!claims.success) {
        const names = claims.error.issues.map(({ path }) => String(path[0]));
        throw new InvalidTokenError(
          `The token's claims are not as expected: ${names.join(", ")}.`,
        );
      }
      const { sub, sid, exp } = claims.data;
      const revocation = await revocations.find(sid);
      if (revocation && !(revocation.accountDeleted && acceptDeletedAccount))
        throw new SessionEndedError();
      return {
        userId: sub,
        sessionId: sid,
        expiresAt: new Date(exp * 1000),
      };
    },
    hasEnded: async (sessionId) =>
      (await revocations.find(sessionId)) !== undefined,
  };
}

function invalidTokenError(cause: errors.JOSEError): InvalidTokenError {
  if (cause instanceof errors.JWTExpired)
    return new InvalidTokenError("The token has expired.", { cause });
  if (cause instanceof errors.JWTClaimValidationFailed)
    return new InvalidTokenError(
      `The token's ${cause.claim} is not the expected one.`,
      { cause },
    );
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return new InvalidTokenError("The token's signature is wrong.", { cause });
  if (cause instanceof errors.JOSEAlgNotAllowed)
    return new InvalidTokenError(`The token is not signed with ${algorithm}.`, {
      cause,
    });
  return new InvalidTokenError("This is not a signed token.", { cause });
}
