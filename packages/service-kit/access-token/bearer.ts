import type { MiddlewareHandler } from "hono";
import { bearerTokenOf } from "../http/bearer-token.ts";
import type { AccessToken, VerifyOptions } from "./access-token.ts";
import { MissingTokenError } from "./errors.ts";

/** The context of routes that require an access token. */
export interface Bearer<User = AccessToken> {
  Variables: { user: User };
}

/**
 * Requires an access token (RFC 6750), and sets `user` to its claims.
 * @typeParam User the claims that the routes use, such as `{ userId: string }`. @default all
 * @throws MissingTokenError, InvalidTokenError, AuthUnavailableError
 */
export const bearer =
  <User = AccessToken>(
    accessTokens: {
      verify(token: string, options?: VerifyOptions): Promise<User>;
    },
    options?: VerifyOptions,
  ): MiddlewareHandler<Bearer<User>> =>
  async (c, next) => {
    const token = bearerTokenOf(c.req.header("authorization"));
    if (token === undefined) throw new MissingTokenError();
    c.set("user", await accessTokens.verify(token, options));
    await next();
  };
