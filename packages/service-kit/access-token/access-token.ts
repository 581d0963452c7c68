import { errors, jwtVerify } from "jose"; // the JOSE library for JavaScript; it depends on nothing
import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type
import { logger } from "../observability/logger.ts";
import { InvalidTokenError, SessionEndedError } from "./errors.ts";
import { algorithm } from "./fetch-keys.ts";
import type { Fetch } from "./fetch-text.ts";
import { createKeySet, type KeySetTimes, keySetTimes } from "./key-set.ts";
import {
  createRevocations,
  type RevocationTimes,
  revocationTimes,
} from "./revocations.ts";

/** What an access token says. */
export interface AccessToken {
  /** Auth's id of the user: a UUID. */
  userId: string;
  /** Auth's id of the session: a UUID. */
  sessionId: string;
  expiresAt: Date;
}

export interface AccessTokensOptions {
  /** Auth's URL as it says it in tokens, without a slash at its end. */
  issuer: string;
  /**
   * Where auth publishes its keys; its /revocations is at the same origin.
   * @default the issuer's /.well-known/jwks.json
   */
  jwksUrl?: string | undefined;
  /** Whom the tokens have to be for. @default marquee */
  audience?: string;
  /** Has to end when its signal says so. @default Node.js's own */
  fetch?: Fetch;
  /** @default keySetTimes */
  times?: Partial<KeySetTimes>;
  /** @default revocationTimes */
  revocationTimes?: Partial<RevocationTimes>;
}

export interface VerifyOptions {
  /** Also accepts tokens whose account was deleted, for what has to be done after that. @default false */
  acceptDeletedAccount?: boolean;
}

export interface AccessTokens {
  /**
   * Returns a token's claims if auth issued it for this audience, it has not expired, and its session has not ended.
   * A session's end takes some seconds to become known.
   * @throws InvalidTokenError; SessionEndedError, which is one
   * @throws AuthUnavailableError if its key is not known and auth does not answer
   */
  verify(token: string, options?: VerifyOptions): Promise<AccessToken>;
  /** Whether a session has ended. Its end takes some seconds to become known. */
  hasEnded(sessionId: string): Promise<boolean>;
}

/** Seconds by which our clock may be ahead of auth's when a token expires. One that is behind does no harm. */
const clockTolerance = 5;

const Claims = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.number() });

/**
 * Verifies auth's access tokens (RFC 9068) by auth's published keys and revoked sessions, without a request for each.
 */
export function createAccessTokens({
  issuer,
  jwksUrl = `${issuer}/.well-known/jwks.json`,
  audience = "marquee",
  fetch = globalThis.fetch,
  times,
  revocationTimes: given,
}: AccessTokensOptions): AccessTokens {
  const keys = createKeySet(jwksUrl, {
    fetch,
    times: { ...keySetTimes, ...times },
  });
  const revocations = createRevocations(
    `${new URL(jwksUrl).origin}/revocations`,
    {
      fetch,
      times: { ...revocationTimes, ...given },
    },
  );
  const checks = {
    algorithms: [algorithm],
    typ: "at+jwt",
    issuer,
    audience,
    clockTolerance,
  };

  let foreignIssuer: unknown;

  /** Warns of a misconfiguration, once per issuer: claims are checked last, so auth's own key signed the token. */
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
            throw new InvalidTokenError("The token's key is none of auth's.");
          return key;
        },
        checks,
      ).catch((error) => {
        if (error instanceof errors.JWTClaimValidationFailed)
          warnOfIssuer(error);
        throw error instanceof errors.JOSEError ? invalid(error) : error;
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

function invalid(cause: errors.JOSEError): InvalidTokenError {
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
