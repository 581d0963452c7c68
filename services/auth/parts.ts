import type { Database } from "@marquee/service-kit";
import type { Attempts } from "./accounts/attempts.ts";
import type { ClientOf } from "./http/client.ts";
import type { Cookies } from "./http/cookies.ts";
import type { Devices } from "./limits/devices.ts";
import type { Sessions } from "./sessions/sessions.ts";
import type { Keyring } from "./tokens/keys.ts";
import type { Tokens } from "./tokens/tokens.ts";

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
