import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import type { Keyring } from "./keyring.ts";
import { algorithm } from "./signing-key.ts";

/** The claims of an access token (RFC 9068). Times are in seconds since 1970. */
interface Claims {
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

/** The token is invalid. The message gives the reason and doesn't contain the token. */
export class InvalidTokenError extends Error {
  override readonly name = "InvalidTokenError";
}

export interface TokenIssuerOptions {
  /** The `iss` of tokens: the service's public URL. */
  issuer: string;
  /** @default marquee */
  audience?: string;
  /** @default marquee */
  clientId?: string;
}

export interface TokenIssuer {
  /** Issues an access token for a user's session. @throws DatabaseUnavailableError if no signing key exists yet */
  issue(
    user: { id: string },
    session: { id: string },
  ): Promise<{ token: string; expiresIn: number }>;
  /**
   * Verifies a token's signature, issuer, audience and lifetime, and returns its claims. Does not check whether its
   * session has ended.
   * @throws InvalidTokenError
   * @throws DatabaseUnavailableError if its key is unknown and the database is unavailable
   */
  verify(token: string): Promise<Claims>;
}

/** Replicas follow the database's clock over the network, so their times differ slightly. */
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
          if (!kid) throw new InvalidTokenError("The token has no kid.");
          const key = await keyring.findPublicKey(kid);
          if (!key)
            throw new InvalidTokenError(
              "The token's key is unknown to this issuer.",
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
