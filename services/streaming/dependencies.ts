import type { Database } from "@marquee/service-kit";
import type { Entitlements } from "./access/entitlements.ts";
import type { PlaybackGrants } from "./access/playback-grants.ts";
import type { PlaybackUrls } from "./access/playback-url.ts";
import type { Viewers } from "./access/viewer.ts";
import type { PaymentClient } from "./clients/payment.ts";
import type { Authentication } from "./http/authentication.ts";
import type { ForwardedOf } from "./http/forwarded.ts";
import type { PageSessions } from "./http/page-session.ts";
import type { CatalogueCache } from "./media/catalogue-cache.ts";
import type { MediaStore } from "./media/media-store.ts";
import type { TestCard } from "./pages/subscribe.ts";

/** Dependencies of the routes. */
export interface Dependencies {
  database: Database;
  store: MediaStore;
  catalogueCache: CatalogueCache;
  viewers: Viewers;
  authentication: Authentication;
  /** Sessions of browsers that open pages. */
  pageSessions: PageSessions;
  entitlements: Entitlements;
  playbackGrants: PlaybackGrants;
  playbackUrls: PlaybackUrls;
  payment: PaymentClient;
  /** Reads the forwarding headers of trusted proxies. */
  forwardedOf: ForwardedOf;
  /** Test cards to show with card forms. */
  testCards: readonly TestCard[];
}
