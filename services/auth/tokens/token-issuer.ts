import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose"; // the JOSE library for JavaScript; it depends on nothing
import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type
import type { Keyring } from "./keyring.ts";
import { algorithm } from "./signing-key.ts";

/** An access token as RFC 9068 has it. Times are seconds since 1970. */
export interface Claims {
  iss: string;
  /** The user's id. */
  sub: string;
  aud: string;
  exp: number;
  iat: number;
  jti: string;
  client_id: string;
  /** The session's id. */
  sid: string;
}

/** A token is not valid; the message says why, in a sentence without the token. */
export class InvalidTokenError extends Error {
  override readonly name = "InvalidTokenError";
}

export interface TokenIssuerOptions {
  /** Who issues them: the service's URL as those who verify know it. */
  issuer: string;
  /** Whom they are for. @default marquee */
  audience?: string;
  /** Who uses them. @default marquee */
  clientId?: string;
}

export interface TokenIssuer {
  /** An access token of a user and a session. @throws DatabaseAway if there is no key to sign with yet */
  issue(
    user: { id: string },
    session: { id: string },
  ): Promise<{ token: string; expiresIn: number }>;
  /**
   * What a token says, if we issued it for this audience and it is not expired. Whether its session has ended since is not
   * asked: it is valid until it expires.
   * @throws InvalidTokenError
   * @throws DatabaseAway if its key is not known and the database is away
   */
  verify(token: string): Promise<Claims>;
}

/** Seconds by which the clocks of two replicas may seem to differ: both follow the database's, over a network. */
const clockToleranceSeconds = 5;

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.uuid(),
  aud: z.string(),
  exp: z.number(),
  iat: z.number(),
  jti: z.string(),
  client_id: z.string(),
  sid: z.uuid(),
});

export function createTokenIssuer(
  keyring: Keyring,
  { issuer, audience = "marquee", clientId = "marquee" }: TokenIssuerOptions,
): TokenIssuer {
  const checks = {
    algorithms: [algorithm],
    typ: "at+jwt",
    issuer,
    audience,
    clockTolerance: clockToleranceSeconds,
  };

  return {
    async issue(user, session) {
      const { kid, privateKey } = await keyring.signingKey();
      const issued = Math.floor(keyring.now() / 1000);
      const token = await new SignJWT({ client_id: clientId, sid: session.id })
        .setProtectedHeader({ alg: algorithm, typ: "at+jwt", kid })
        .setIssuer(issuer)
        .setSubject(user.id)
        .setAudience(audience)
        .setIssuedAt(issued)
        .setExpirationTime(issued + keyring.tokenLifetimeSeconds)
        .setJti(randomUUID())
        .sign(privateKey);
      return { token, expiresIn: keyring.tokenLifetimeSeconds };
    },

    async verify(token) {
      const now = keyring.now();
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => {
          if (!kid) throw new InvalidTokenError("The token names no key.");
          const key = await keyring.findPublicKey(kid);
          if (!key)
            throw new InvalidTokenError(
              "The token's key is none of this issuer's.",
            );
          return key;
        },
        { ...checks, currentDate: new Date(now) },
      ).catch((error) => {
        throw error instanceof errors.JOSEError
          ? toInvalidTokenError(error)
          : error;
      });
      const claims = claimsSchema.safeParse(payload);
      if (!claims.success) {
        const names = claims.error.issues.map(({ path }) => String(path[0]));
        throw new InvalidTokenError(
          `The token's claims are not as expected: ${[...new Set(names)].join(", ")}.`,
        );
      }
      if (claims.data.iat > now / 1000 + clockToleranceSeconds)
        throw new InvalidTokenError("The token was issued in the future.");
      return claims.data;
    },
  };
}

function toInvalidTokenError(error: errors.JOSEError): InvalidTokenError {
  if (error instanceof errors.JWTExpired)
    return new InvalidTokenError("The token has expired.", { cause: error });
  if (error instanceof errors.JWTClaimValidationFailed)
    return new InvalidTokenError(
      `The token's ${error.claim} is not the expected one.`,
      { cause: error },
    );
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new InvalidTokenError("The token's signature is wrong.", {
      cause: error,
    });
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new InvalidTokenError(`The token is not signed with ${algorithm}.`, {
      cause: error,
    });
  return new InvalidTokenError("This is not a signed token.", { cause: error });
}
