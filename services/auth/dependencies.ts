import type { Database } from "@marquee/service-kit";
import type { ClientOf } from "./http/client-info.ts";
import type { Cookies } from "./http/cookies.ts";
import type { Devices } from "./rate-limits/device-cookie.ts";
import type { Attempts } from "./rate-limits/rate-limited-accounts.ts";
import type { Sessions } from "./sessions/sessions.ts";
import type { Tokens } from "./tokens/access-tokens.ts";
import type { Keyring } from "./tokens/keyring.ts";

/** What the routes work with. */
export interface Parts {
  database: Database;
  /** The service's URL, as those who verify tokens know it. */
  issuer: string;
  attempts: Attempts;
  sessions: Sessions;
  keyring: Keyring;
  tokens: Tokens;
  devices: Devices;
  clientOf: ClientOf;
  cookies: Cookies;
}
