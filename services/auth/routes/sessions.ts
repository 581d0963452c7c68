import { type Api, sameOrigin } from "@marquee/service-kit";
import type { Dependencies } from "../dependencies.ts";
import { createBearerAuth } from "../http/bearer-auth.ts";
import { httpError } from "../http/errors.ts";
import { accessTokenResponse, tokenResponse } from "../http/token-response.ts";
import * as schemas from "./schemas.ts";

const tags = ["sessions"];

/**
 * POST /login, /refresh and /logout for API sessions, and POST /session/token for an access token of a page session.
 */
export function loginRoutes(
  { route }: Api,
  {
    accounts,
    sessions,
    accessTokens,
    database,
    getClientInfo,
    cookies,
  }: Dependencies,
): void {
  route(
    {
      method: "post",
      path: "/login",
      summary: "Log in",
      tags,
      request: { json: schemas.Credentials },
      responses: {
        200: { description: "Logged in.", schema: schemas.LoggedIn },
        401: {
          description: "No account has this email address and password.",
          headers: { "WWW-Authenticate": "Bearer" },
        },
        ...schemas.tooManyAttempts,
      },
    },
    async (c) => {
      const { email, password } = c.req.valid("json");
      const { address } = getClientInfo(c);
      const caller = { address, log: c.var.log };
      const user = await accounts.logIn(caller, email, password);
      const login = user && (await sessions.openApi(user));
      if (!user || !login)
        throw httpError(
          401,
          "No account has this email address and password.",
          { "www-authenticate": "Bearer" },
        );
      const tokens = await tokenResponse(accessTokens, user, login);
      return c.json({ user: schemas.toUser(user), ...tokens }, 200);
    },
  );

  route(
    {
      method: "post",
      path: "/refresh",
      summary: "Get the next tokens",
      description:
        "Like POST /token, but in JSON. A refresh token can be used once. Using it again ends the session, because a copy of it must exist.",
      tags,
      request: { json: schemas.RefreshToken },
      responses: {
        200: { description: "The next tokens.", schema: schemas.Tokens },
        401: {
          description: "The refresh token is invalid, used or expired.",
          headers: { "WWW-Authenticate": "Bearer, with the error." },
        },
      },
    },
    async (c) => {
      const { refresh_token } = c.req.valid("json");
      const refreshed = await sessions.refresh(refresh_token);
      if (!refreshed)
        throw httpError(401, "This refresh token is not valid: log in again.", {
          "www-authenticate": 'Bearer error="invalid_token"',
        });
      const { user, ...login } = refreshed;
      return c.json(await tokenResponse(accessTokens, user, login), 200);
    },
  );

  route(
    {
      method: "post",
      path: "/logout",
      summary: "End the session",
      description:
        "Ends the access token's session, with its refresh tokens. Services that read `/revocations` reject the access token within seconds; those that verify it by the JWKS alone accept it until it expires.",
      tags,
      security: ["bearer"],
      responses: { 204: "The session has ended.", ...schemas.unauthorized },
    },
    createBearerAuth(database, accessTokens),
    async (c) => {
      await sessions.end(c.var.login.session.id);
      return c.body(null, 204);
    },
  );

  route(
    {
      method: "post",
      path: "/session/token",
      summary: "Get an access token for a browser's session",
      description:
        "The only API route that accepts the session cookie, which is named `marquee-session` over plain HTTP. For our own pages, and for services that forward a browser's cookie. Requests from other sites' pages get 403.",
      tags,
      security: ["cookie"],
      responses: {
        200: {
          description: "An access token for the session's user.",
          schema: schemas.AccessToken,
        },
        401: "The cookie is missing, or its session has ended.",
        403: "The request comes from another site's page.",
      },
    },
    sameOrigin,
    async (c) => {
      const cookie = cookies.forwardedSession(c);
      const login = cookie && (await sessions.findPage(cookie));
      if (!login)
        throw httpError(401, "No session has this cookie: sign in again.", {
          "www-authenticate": "Cookie",
        });
      return c.json(
        await accessTokenResponse(accessTokens, login.user, login.session),
        200,
      );
    },
  );
}
