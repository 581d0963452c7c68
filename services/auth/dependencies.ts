import type { Database } from "@marquee/service-kit";
import type { GetClientInfo } from "./http/client-info.ts";
import type { Cookies } from "./http/cookies.ts";
import type { DeviceCookies } from "./rate-limits/device-cookie.ts";
import type { RateLimitedAccounts } from "./rate-limits/rate-limited-accounts.ts";
import type { Sessions } from "./sessions/sessions.ts";
import type { Keyring } from "./tokens/keyring.ts";
import type { TokenIssuer } from "./tokens/token-issuer.ts";

/** Dependencies of the routes. */
export interface Dependencies {
  database: Database;
  /** The `iss` of access tokens: the service's public URL. */
  issuer: string;
  accounts: RateLimitedAccounts;
  sessions: Sessions;
  keyring: Keyring;
  accessTokens: TokenIssuer;
  deviceCookies: DeviceCookies;
  getClientInfo: GetClientInfo;
  cookies: Cookies;
}
