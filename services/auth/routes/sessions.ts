import { type Api, sameOrigin } from "@marquee/service-kit";
import type { Dependencies } from "../dependencies.ts";
import { createBearerAuth } from "../http/bearer-auth.ts";
import { httpError } from "../http/errors.ts";
import { accessTokenResponse, tokenResponse } from "../http/token-response.ts";
import * as schemas from "./schemas.ts";

const tags = ["sessions"];

/**
 * POST /login, /refresh, /logout: sessions of programs; POST /session/token: an access token for a browser's session.
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
          description: "There is no account with this address and password.",
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
      const answer = await tokenResponse(accessTokens, user, login);
      return c.json({ user: schemas.toUser(user), ...answer }, 200);
    },
  );

  route(
    {
      method: "post",
      path: "/refresh",
      summary: "Get the next tokens",
      description:
        "As POST /token, in JSON. A refresh token can be used once; using it again ends the session, since somebody has a copy.",
      tags,
      request: { json: schemas.RefreshToken },
      responses: {
        200: { description: "The next tokens.", schema: schemas.Tokens },
        401: {
          description: "The refresh token is not valid, or not any more.",
          headers: { "WWW-Authenticate": "Bearer, and what is wrong." },
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
        "Ends the access token's session, with its refresh tokens. Services that read `/revocations` refuse the access token within seconds; those that verify it by the JWKS alone accept it until it expires.",
      tags,
      security: ["bearer"],
      responses: { 204: "It has ended.", ...schemas.unauthorized },
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
        "The only route that takes the cookie, which is `marquee-session` where the browser speaks http. It is for our own pages and for services to which a browser sent the cookie; a page of another site gets 403.",
      tags,
      security: ["cookie"],
      responses: {
        200: {
          description: "For the session's user.",
          schema: schemas.AccessToken,
        },
        401: "The cookie is of no session, or there is none.",
        403: "The request is one of another site's page.",
      },
    },
    sameOrigin,
    async (c) => {
      const cookie = cookies.forwardedSession(c);
      const login = cookie && (await sessions.findPage(cookie));
      if (!login)
        throw httpError(401, "Nobody is signed in with this cookie.", {
          "www-authenticate": "Cookie",
        });
      return c.json(
        await accessTokenResponse(accessTokens, login.user, login.session),
        200,
      );
    },
  );
}
