import type { AccessTokens, Database } from "@marquee/service-kit";
import type { EntitlementTimings } from "./access/entitlements.ts";
import type { MediaStore } from "./media/media-store.ts";

/** Options of the streaming service. */
export interface StreamingOptions {
  /** The caller closes it. */
  database: Database;
  /** The store of the titles. */
  store: MediaStore;
  /** Verifies access tokens. */
  accessTokens: AccessTokens;
  /** Auth's URL, without a trailing slash. */
  authUrl: string;
  /** Payment's URL, without a trailing slash. */
  paymentUrl: string;
  /** Key that signs playback URLs: at least 32 characters, the same in every replica. */
  playbackKey: string;
  /** Browser scripts by name, served from /assets/ besides the files of assets/. @default none */
  scripts?: ReadonlyMap<string, string>;
  /** Number of proxies in front of this service that write X-Forwarded-For. @default 0 */
  trustedProxies?: number;
  /** Whether card forms show test cards, because no real money moves. @default false */
  testCards?: boolean;
  timings?: {
    /** @default entitlementTimings */
    entitlements?: Partial<EntitlementTimings>;
    /** Age in milliseconds at which the catalogue is refreshed. @default 60000 */
    catalogueMaxAgeMs?: number;
  };
}
