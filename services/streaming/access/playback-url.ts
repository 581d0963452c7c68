import { createHmac, timingSafeEqual } from "node:crypto";
import { deriveKey } from "@marquee/service-kit";

/**
 * Maximum lifetime of a playback URL in seconds. The URL alone grants access, so it is short to make copies worthless;
 * players renew it, which checks the viewer's entitlement again.
 */
export const playbackLifetimeSeconds = 10 * 60;

/** Title ids, as in the catalogue. */
const titleId = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** UUIDs in canonical form: signed values must have one spelling only. */
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Unix seconds. */
const seconds = /^[1-9]\d{0,11}$/;
/** 32 bytes. */
const base64url = /^[\w-]{43}$/;

/** The content of a verified playback URL. */
interface PlaybackClaims {
  /** Auth's user id of the viewer. */
  viewer: string;
  expires: Date;
}

/**
 * Why a playback URL is rejected. missing: it is unsigned; malformed: its query is invalid; wrong: it was changed, is
 * for another title or was signed with another key; expired: its signature is valid.
 */
export type RejectionReason = "missing" | "malformed" | "wrong" | "expired";

export interface PlaybackUrls {
  /**
   * Signs a query that lets a viewer watch a title: `expires=…&viewer=…&signature=…`.
   * @param grant.until latest expiry, such as the end of the subscription. @default playbackLifetimeSeconds alone
   * @throws Error if the title, the viewer or `until` is invalid
   */
  sign(grant: {
    title: string;
    viewer: string;
    until?: Date | undefined;
  }): string;
  /** Verifies a URL's query. Other parameters are ignored. */
  verify(
    title: string,
    query: URLSearchParams,
  ): PlaybackClaims | { rejected: RejectionReason };
}

export interface PlaybackUrlsOptions {
  /** At least 32 characters, the same in every replica. */
  key: string;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** Signs and verifies playback URLs (HMAC-SHA-256). @throws Error if the key is too short */
export function createPlaybackUrls({
  key,
  now = Date.now,
}: PlaybackUrlsOptions): PlaybackUrls {
  const derived = deriveKey(
    key,
    "marquee streaming: playback URLs",
    "PLAYBACK_KEY",
  );
  // JSON, so that different grants can't collide; versioned, so that a future format can't be mistaken for this one.
  const signatureOf = (title: string, viewer: string, expires: string) =>
    createHmac("sha256", derived)
      .update(JSON.stringify(["playback 1", title, viewer, expires]))
      .digest("base64url");

  return {
    sign({ title, viewer, until }) {
      if (!titleId.test(title))
        throw new Error(`"${title}" is not a title id.`);
      if (!uuid.test(viewer)) throw new Error("The viewer is not a UUID.");
      const latest = now() + 1000 * playbackLifetimeSeconds;
      const end = Math.min(latest, until?.getTime() ?? latest);
      if (Number.isNaN(end)) throw new Error("`until` is not a valid date.");
      const expires = `${Math.max(1, Math.floor(end / 1000))}`;
      const signature = signatureOf(title, viewer, expires);
      return `${new URLSearchParams({ expires, viewer, signature })}`;
    },

    verify(title, query) {
      const all = ["expires", "viewer", "signature"].map((name) =>
        query.getAll(name),
      );
      if (all.every(({ length }) => length === 0))
        return { rejected: "missing" };
      const [expires = "", viewer = "", signature = ""] = all.flat();
      if (
        all.some(({ length }) => length !== 1) ||
        !(seconds.test(expires) && uuid.test(viewer)) ||
        !base64url.test(signature)
      )
        return { rejected: "malformed" };
      // Compare text, not bytes: base64url has several spellings of the last byte.
      const expected = signatureOf(title, viewer, expires);
      if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected)))
        return { rejected: "wrong" };
      const end = new Date(1000 * Number(expires));
      if (now() >= end.getTime()) return { rejected: "expired" };
      return { viewer, expires: end };
    },
  };
}
