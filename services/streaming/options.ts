import type { AccessTokens, Database } from "@marquee/service-kit";
import type { EntitlementTimes } from "./access/entitlements.ts";
import type { MediaStore } from "./media/media-store.ts";

/** What streaming is made of. */
export interface StreamingOptions {
  /** Who opens it closes it. */
  database: Database;
  /** Where the titles are. */
  store: MediaStore;
  /** Verifies access tokens. */
  accessTokens: AccessTokens;
  /** Auth's URL, without a slash at its end. */
  authUrl: string;
  /** Payment's URL, without a slash at its end. */
  paymentUrl: string;
  /** 32 characters at least, the same in every replica: it signs playback URLs. */
  playbackKey: string;
  /** What /assets/ gives besides assets/: scripts for browsers, by name. @default none */
  scripts?: ReadonlyMap<string, string>;
  /** Proxies that each request comes through, and that write X-Forwarded-For. @default 0 */
  trustedProxies?: number;
  /** Whether card forms show test cards: no money moves. @default false */
  testCards?: boolean;
  times?: {
    /** @default entitlementTimes */
    entitlements?: Partial<EntitlementTimes>;
    /** Milliseconds after which the catalogue is read again. @default 60000 */
    catalogue?: number;
  };
}
