import { bearerTokenOf, type Queries } from "@marquee/service-kit";
import type { MiddlewareHandler } from "hono";
import { findSession, type Login } from "../sessions/find-session.ts";
import { InvalidTokenError, type TokenIssuer } from "../tokens/token-issuer.ts";
import { httpError } from "./errors.ts";

export interface AuthenticatedEnv {
  Variables: { login: Login };
}

/**
 * Requires a valid access token (RFC 6750) and puts its session and user into the context as `login`. Unlike services
 * that verify tokens by the JWKS alone, it also checks that the session has not ended.
 */
export const createBearerAuth =
  (
    database: Queries,
    tokens: TokenIssuer,
  ): MiddlewareHandler<AuthenticatedEnv> =>
  async (c, next) => {
    const token = bearerTokenOf(c.req.header("authorization"));
    if (token === undefined)
      // Without a token the challenge has no `error` (RFC 6750, 3.1).
      throw httpError(401, "Send an access token: Authorization: Bearer ….", {
        "www-authenticate": "Bearer",
      });
    const { sid, sub } = await tokens.verify(token);
    const login = await findSession(database, sid);
    if (login?.user.id !== sub)
      throw new InvalidTokenError("The token's session has ended.");
    c.set("login", login);
    await next();
  };
