/** Signed URLs of a title, from the page or from POST /playback/{id}. */
export interface Playback {
  /** Signed URL of the whole video. */
  url: string;
  /** Signed URL of the HLS playlist. */
  hls: string;
  /** When both URLs expire, in ISO 8601. */
  expires_at: string;
  /** The viewer's position in seconds; null while it is unknown. */
  position: number | null;
}

/** Minimum time between two renewals, in case a clock is wrong. */
const minRenewalMs = 5_000;

/**
 * Milliseconds until URLs are renewed: three quarters of their remaining lifetime.
 * @param expiresAt milliseconds since 1970
 * @param now milliseconds since 1970, by the server's clock
 */
export const renewalDelay = (expiresAt: number, now: number): number =>
  Math.max(minRenewalMs, (expiresAt - now) * 0.75);

/** Exponential backoff with jitter: 1, 2, 4, … 30 s, each reduced at random by up to a half. In milliseconds. */
export const backoff = (failures: number, random = Math.random): number =>
  Math.min(30_000, 1000 * 2 ** failures) * (1 - random() / 2);

/** Replaces a URL's query by that of another URL: playlists loaded earlier contain the old signature. */
export function withQueryOf(url: string, signed: string, base: string): string {
  const renewed = new URL(url, base);
  renewed.search = new URL(signed, base).search;
  return renewed.href;
}

/** hls.js if Media Source Extensions are available, else native HLS, else the whole video as a progressive download. */
export function chooseSource(can: {
  mediaSources: boolean;
  nativeHls: boolean;
}): "hls.js" | "native" | "progressive" {
  if (can.mediaSources) return "hls.js";
  return can.nativeHls ? "native" : "progressive";
}
