import type { Entitlements } from "./entitlements.ts";
import type { PlaybackUrls } from "./playback-url.ts";
import type { Viewer } from "./viewer.ts";

/** From where a player gets a title, for a while. */
export interface Playback {
  /** Path of the whole video, signed. */
  url: string;
  /** Path of the HLS playlist, signed. */
  hls: string;
  expiresAt: Date;
}

export interface Grants {
  /**
   * Lets somebody watch a title, if payment has it so.
   * @returns undefined if they may not
   * @throws PaymentAway; HTTPException 401 or 403 if payment does not take the token
   */
  grant(viewer: Viewer, title: string): Promise<Playback | undefined>;
}

export function createGrants({
  entitlements,
  playbackUrls,
}: {
  entitlements: Entitlements;
  playbackUrls: PlaybackUrls;
}): Grants {
  return {
    async grant(viewer, title) {
      const { entitled, until } = await entitlements.of(viewer);
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
