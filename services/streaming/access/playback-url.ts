import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

/** Characters that the key has at least: 32 random hexadecimal digits are 128 bits. */
export const shortestKey = 32;

/**
 * Seconds that a playback URL is valid at most. Who has it can watch without being asked who they are, so that a copy is worth
 * little; a player that goes on for longer gets a new one, and that is when it is asked again whether somebody may watch.
 */
export const playbackLifetime = 10 * 60;

/** A title's id, as the catalogue has it. */
const titleId = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** A UUID as we write it: in one way only, as all of what is signed. */
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Unix seconds. */
const seconds = /^[1-9]\d{0,11}$/;
/** 32 bytes. */
const base64url = /^[\w-]{43}$/;

/** What a playback URL says. */
export interface Playback {
  /** Auth's id of who may watch. */
  viewer: string;
  expires: Date;
}

/**
 * Why a playback URL is refused. missing: it is not signed at all; malformed: its query is none of ours; wrong: it was changed, or
 * is another title's, or another key signed it; expired: it was right.
 */
export type Refused = "missing" | "malformed" | "wrong" | "expired";

export interface PlaybackUrls {
  /**
   * The query that lets a viewer watch a title: `expires=…&viewer=…&signature=…`.
   * @param grant.until it is valid no longer than this, such as when the viewer's subscription ends. @default playbackLifetime alone
   * @throws Error if the title, the viewer or `until` is none
   */
  sign(grant: {
    title: string;
    viewer: string;
    until?: Date | undefined;
  }): string;
  /** Whom a query lets watch a title, or why nobody. Other parameters besides these three are not looked at. */
  verify(
    title: string,
    query: URLSearchParams,
  ): Playback | { refused: Refused };
}

export interface PlaybackUrlsOptions {
  /** 32 characters at least; the same in every replica. */
  key: string;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** Signs and verifies playback URLs (HMAC-SHA-256). @throws Error if the key is too short to be a secret */
export function createPlaybackUrls({
  key,
  now = Date.now,
}: PlaybackUrlsOptions): PlaybackUrls {
  if (key.length < shortestKey)
    throw new Error(
      `The key of playback URLs has ${key.length} characters; it needs ${shortestKey} at least. \`openssl rand -base64 32\` makes one.`,
    );
  const derived = Buffer.from(
    hkdfSync("sha256", key, "", "marquee streaming: playback URLs", 32),
  );
  // As JSON, so that no two grants are the same text; with a version, so that a later form is none of this one.
  const signatureOf = (title: string, viewer: string, expires: string) =>
    createHmac("sha256", derived)
      .update(JSON.stringify(["playback 1", title, viewer, expires]))
      .digest("base64url");

  return {
    sign({ title, viewer, until }) {
      if (!titleId.test(title)) throw new Error(`"${title}" is no title's id.`);
      if (!uuid.test(viewer)) throw new Error("The viewer is no UUID.");
      const latest = now() + 1000 * playbackLifetime;
      const end = Math.min(latest, until?.getTime() ?? latest);
      if (Number.isNaN(end)) throw new Error("`until` is no time.");
      const expires = `${Math.max(1, Math.floor(end / 1000))}`;
      const signature = signatureOf(title, viewer, expires);
      return `${new URLSearchParams({ expires, viewer, signature })}`;
    },

    verify(title, query) {
      const all = ["expires", "viewer", "signature"].map((name) =>
        query.getAll(name),
      );
      if (all.every(({ length }) => length === 0))
        return { refused: "missing" };
      const [expires = "", viewer = "", signature = ""] = all.flat();
      if (
        all.some(({ length }) => length !== 1) ||
        !(seconds.test(expires) && uuid.test(viewer)) ||
        !base64url.test(signature)
      )
        return { refused: "malformed" };
      // As text: base64url has several ways to write the last byte.
      const expected = signatureOf(title, viewer, expires);
      if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected)))
        return { refused: "wrong" };
      const end = new Date(1000 * Number(expires));
      if (now() >= end.getTime()) return { refused: "expired" };
      return { viewer, expires: end };
    },
  };
}
