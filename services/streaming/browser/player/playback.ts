/** From where a title comes, for a while: what the page has, and what POST /playback/{id} answers. */
export interface Playback {
  /** Of the whole video, signed. */
  url: string;
  /** Of the HLS playlist, signed. */
  hls: string;
  /** ISO 8601: until when both are good. */
  expires_at: string;
  /** Where the viewer is, in seconds; null while that can't be looked up. */
  position: number | null;
}

/** Milliseconds between two renewals at least, so that a clock that is wrong makes no flood of them. */
const least = 5_000;

/**
 * Milliseconds until URLs are to be renewed: when three quarters of the time that is left are over.
 * @param expiresAt milliseconds since 1970
 * @param now by the server's clock
 */
export const renewalDelay = (expiresAt: number, now: number): number =>
  Math.max(least, (expiresAt - now) * 0.75);

/** How long to wait before the next try, in milliseconds: 1, 2, 4, … 30 s, each less up to a half, so that not all come at once. */
export const backoff = (failures: number, random = Math.random): number =>
  Math.min(30_000, 1000 * 2 ** failures) * (1 - random() / 2);

/** A URL with the query of another: playlists that were loaded before have the signature of then. */
export function withQueryOf(url: string, signed: string, base: string): string {
  const renewed = new URL(url, base);
  renewed.search = new URL(signed, base).search;
  return renewed.href;
}

/** Who plays what: the native player where there is no other, hls.js where there are media sources, else the whole video. */
export function chooseSource(can: {
  mediaSources: boolean;
  nativeHls: boolean;
}): "hls.js" | "native" | "progressive" {
  if (can.mediaSources) return "hls.js";
  return can.nativeHls ? "native" : "progressive";
}
