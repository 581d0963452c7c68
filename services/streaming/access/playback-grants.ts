import type { Entitlements } from "./entitlements.ts";
import type { PlaybackUrls } from "./playback-url.ts";
import type { Viewer } from "./viewer.ts";

/** Signed URLs to play a title, valid for a limited time. */
interface PlaybackGrant {
  /** Signed path of the whole video. */
  url: string;
  /** Signed path of the HLS playlist. */
  hls: string;
  expiresAt: Date;
}

export interface PlaybackGrants {
  /**
   * Issues signed URLs for a title to a viewer with a subscription.
   * @returns undefined if the viewer has none
   * @throws PaymentUnavailableError; AccessTokenRejectedError
   */
  grant(viewer: Viewer, title: string): Promise<PlaybackGrant | undefined>;
}

export function createPlaybackGrants({
  entitlements,
  playbackUrls,
}: {
  entitlements: Entitlements;
  playbackUrls: PlaybackUrls;
}): PlaybackGrants {
  return {
    async grant(viewer, title) {
      const { entitled, until } = await entitlements.check(viewer);
      if (!entitled) return undefined;
      const { userId } = viewer;
      const query = playbackUrls.sign({ title, viewer: userId, until });
      const path = `/stream/${title}`;
      const expires = Number(new URLSearchParams(query).get("expires"));
      return {
        url: `${path}?${query}`,
        hls: `${path}/index.m3u8?${query}`,
        expiresAt: new Date(1000 * expires),
      };
    },
  };
}
