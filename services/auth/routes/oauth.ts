import type { Api } from "@marquee/service-kit";
import type { Context } from "hono";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import { tokenResponse } from "../http/token-response.ts";
import { InvalidTokenError } from "../tokens/token-issuer.ts";
import * as schemas from "./schemas.ts";

const tags = ["OAuth 2"];

/** The only client. It is public (RFC 6749, 2.1): it has no secret. */
const clientId = "marquee";

/** Error response (RFC 6749, 5.2). */
const OAuthError = z
  .strictObject({
    error: z.enum([
      "invalid_request",
      "invalid_client",
      "invalid_grant",
      "invalid_scope",
      "unsupported_grant_type",
    ]),
    error_description: z.string(),
  })
  .meta({ id: "OAuthError", description: "An error (RFC 6749, 5.2)." });

type OAuthErrorCode = z.infer<typeof OAuthError>["error"];

const oauthErrors = {
  400: {
    description: "The request is invalid; `error` gives the reason.",
    schema: OAuthError,
  },
  401: {
    description:
      "The client sent credentials, but clients have no secrets here.",
    schema: OAuthError,
    headers: { "WWW-Authenticate": "The scheme the client used." },
  },
};

/** A parameter without a value is treated as omitted (RFC 6749, 3.2). */
const parameter = z
  .string()
  .optional()
  .transform((value) => value || undefined);

/** POST /token (RFC 6749, 6) and POST /revoke (RFC 7009). */
export function oauthRoutes(
  { route }: Api,
  { sessions, accessTokens }: Dependencies,
): void {
  route(
    {
      method: "post",
      path: "/token",
      summary: "Refresh tokens (OAuth 2)",
      description:
        "RFC 6749, section 6. A refresh token can be used once; using it again ends the session.",
      tags,
      request: {
        form: z.object({
          grant_type: z.string().min(1).describe("Must be `refresh_token`."),
          refresh_token: parameter,
          client_id: parameter.describe("Optional; must be `marquee`."),
          scope: parameter.describe("Must be omitted: there are no scopes."),
        }),
      },
      responses: {
        200: { description: "The next tokens.", schema: schemas.Tokens },
        ...oauthErrors,
      },
      onInvalid: invalidForm,
    },
    async (c) => {
      const { grant_type, refresh_token, client_id, scope } =
        c.req.valid("form");
      const rejection = rejectOtherClient(c, client_id);
      if (rejection) return rejection;
      if (grant_type !== "refresh_token")
        return oauthError(
          c,
          "unsupported_grant_type",
          "The only grant type is refresh_token.",
        );
      if (!refresh_token)
        return oauthError(c, "invalid_request", "refresh_token is missing.");
      if (scope)
        return oauthError(
          c,
          "invalid_scope",
          "There are no scopes: leave it out.",
        );
      const refreshed = await sessions.refresh(refresh_token);
      if (!refreshed)
        return oauthError(
          c,
          "invalid_grant",
          "This refresh token is not valid: log in again.",
        );
      const { user, ...login } = refreshed;
      return c.json(await tokenResponse(accessTokens, user, login), 200);
    },
  );

  route(
    {
      method: "post",
      path: "/revoke",
      summary: "End a token's session (OAuth 2)",
      description:
        "RFC 7009. Accepts refresh tokens, used or not, and access tokens. The response is 200 whether or not the token was valid. Services that read `/revocations` reject the session's access tokens within seconds; those that verify them by the JWKS alone accept them until they expire.",
      tags,
      request: {
        form: z.object({
          token: z.string().min(1),
          token_type_hint: parameter.describe("Ignored."),
          client_id: parameter.describe("Optional; must be `marquee`."),
        }),
      },
      responses: { 200: "The token is invalid now.", ...oauthErrors },
      onInvalid: invalidForm,
    },
    async (c) => {
      const { token, client_id } = c.req.valid("form");
      const rejection = rejectOtherClient(c, client_id);
      if (rejection) return rejection;
      if (!(await sessions.endByRefreshToken(token))) {
        const claims = await accessTokens.verify(token).catch((error) => {
          if (!(error instanceof InvalidTokenError)) throw error;
        });
        if (claims) await sessions.end(claims.sid);
      }
      return c.body(null, 200);
    },
  );
}

/** Descriptions never contain input: RFC 6749, 5.2 restricts their characters. */
const oauthError = (
  c: Context,
  error: OAuthErrorCode,
  error_description: string,
  status: 400 | 401 = 400,
) => c.json({ error, error_description }, status);

const invalidForm = (c: Context) =>
  oauthError(
    c,
    "invalid_request",
    "Send a form (application/x-www-form-urlencoded) with each parameter once.",
  );

/** An error response if the client is not ours or sends credentials. */
function rejectOtherClient(c: Context, client_id: string | undefined) {
  const [scheme] = c.req.header("authorization")?.split(" ") ?? [];
  if (scheme) {
    const known = /^(basic|bearer)$/i.test(scheme) ? scheme : "Basic";
    c.header("www-authenticate", `${known} realm="marquee"`);
    return oauthError(
      c,
      "invalid_client",
      "Clients have no secrets here: send no Authorization.",
      401,
    );
  }
  if (client_id === undefined || client_id === clientId) return undefined;
  return oauthError(c, "invalid_client", `The only client is ${clientId}.`);
}
