import type { Database } from "@marquee/service-kit";
import type { Entitlements } from "./access/entitlements.ts";
import type { Grants } from "./access/playback.ts";
import type { PlaybackUrls } from "./access/playback-url.ts";
import type { Viewers } from "./access/viewer.ts";
import type { Visitor } from "./http/visitor.ts";
import type { MediaStore } from "./media/media-store.ts";
import type { Programme } from "./media/programme.ts";
import type { ForwardedOf } from "./origin/forwarded.ts";
import type { PaymentClient } from "./origin/payment-client.ts";
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
