import type { Database } from "@marquee/service-kit";
import type { Entitlements } from "./access/entitlements.ts";
import type { Grants } from "./access/playback-grants.ts";
import type { PlaybackUrls } from "./access/playback-url.ts";
import type { Viewers } from "./access/viewer.ts";
import type { PaymentClient } from "./clients/payment.ts";
import type { ForwardedOf } from "./http/forwarded.ts";
import type { Visitor } from "./http/page-session.ts";
import type { Programme } from "./media/catalogue-cache.ts";
import type { MediaStore } from "./media/media-store.ts";
import type { TestCard } from "./pages/subscribe.ts";

/** What the routes depend on. */
export interface Parts {
  database: Database;
  store: MediaStore;
  programme: Programme;
  viewers: Viewers;
  /** Sessions of browsers that open pages. */
  visitor: Visitor;
  entitlements: Entitlements;
  grants: Grants;
  playbackUrls: PlaybackUrls;
  payment: PaymentClient;
  /** Reads the forwarding headers of trusted proxies. */
  forwardedOf: ForwardedOf;
  /** Test cards to show with card forms. */
  testCards: readonly TestCard[];
}
