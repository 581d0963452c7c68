import type { MiddlewareHandler } from "hono";
import type { AccessToken, VerifyOptions } from "./access-token.ts";
import { MissingTokenError } from "./errors.ts";

/** What a route for people who are logged in finds in its context: whose access token it is. */
export interface Bearer<User = AccessToken> {
  Variables: { user: User };
}

/**
 * Lets through who sends an access token (RFC 6750), and puts into the context whose it is. 401 for others; 503 if auth is away.
 * @typeParam User what routes need of it, such as `{ userId: string }`. @default all
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

/** The token in an Authorization header, if it is of this scheme, whose name is case-insensitive: RFC 9110, 11.1. */
export const bearerTokenOf = (authorization = ""): string | undefined =>
  /^bearer(?: +(.*))?$/i.exec(authorization.trim())?.[1];
