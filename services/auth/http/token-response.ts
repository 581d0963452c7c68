import type { User } from "../accounts/accounts.ts";
import type { ApiLogin } from "../sessions/refresh-tokens.ts";
import type { Session } from "../sessions/session.ts";
import type { TokenIssuer } from "../tokens/token-issuer.ts";

/** An access token in the format of OAuth 2 (RFC 6749, 5.1). Times are in seconds. */
export interface AccessTokenResponse {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
}

/** The tokens of an API session. */
export interface TokenResponse extends AccessTokenResponse {
  refresh_token: string;
  refresh_expires_in: number;
}

export async function accessTokenResponse(
  tokens: TokenIssuer,
  user: User,
  session: Session,
): Promise<AccessTokenResponse> {
  const { token, expiresIn } = await tokens.issue(user, session);
  return { access_token: token, token_type: "Bearer", expires_in: expiresIn };
}

export async function tokenResponse(
  tokens: TokenIssuer,
  user: User,
  { session, refreshToken }: ApiLogin,
): Promise<TokenResponse> {
  const left = session.expiresAt.getTime() - Date.now();
  return {
    ...(await accessTokenResponse(tokens, user, session)),
    refresh_token: refreshToken,
    refresh_expires_in: Math.max(0, Math.round(left / 1000)),
  };
}
