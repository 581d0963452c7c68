import type { Database } from "@marquee/runtime";
import type { Attempts } from "./attempts.ts";
import type { Devices } from "./devices.ts";
import type { ClientOf } from "./http/client.ts";
import type { Cookies } from "./http/cookies.ts";
import type { Keyring } from "./keys.ts";
import type { Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";

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
