/** A file of a title's: a video, a playlist, a picture. */
export interface MediaFile {
  /** Bytes. */
  size: number;
  /** A strong entity tag with its quotes, of the content alone: the same in every replica, so that ranges may come from any. */
  etag: string;
  /** When it was changed last, in whole seconds as HTTP has it. */
  modified: Date;
  /** Its media type. */
  type: string;
  /** Where it is a file of this machine's: its path. */
  path?: string;
  /**
   * The bytes from `start` to `end`, both included, at most a few hundred KiB ahead of who reads. Cancelling frees at once
   * what it holds. The stream fails with MediaAway if the store goes away, or with MediaChanged if the file is not the same any more.
   */
  read(start: number, end: number): ReadableStream<Uint8Array>;
}

/** Where titles are: a folder, or a bucket. */
export interface MediaStore {
  /**
   * Looks a file up, without opening it.
   * @param path below the store's root, as in `aurora/720p.mp4`: no `..`, no empty steps, else there is none
   * @returns undefined if there is none
   * @throws MediaAway
   */
  find(path: string): Promise<MediaFile | undefined>;
}

/** The store does not answer, or not in time. To a client: 503 with Retry-After. */
export class MediaAway extends Error {
  override readonly name = "MediaAway";
}

/** The file was replaced after it was looked up: what was sent and what would come don't belong together. */
export class MediaChanged extends Error {
  override readonly name = "MediaChanged";
}

/** Media types by a file name's ending. */
export const mediaTypes: Readonly<Record<string, string>> = {
  mp4: "video/mp4",
  m3u8: "application/vnd.apple.mpegurl",
  jpg: "image/jpeg",
  webp: "image/webp",
  json: "application/json",
};
