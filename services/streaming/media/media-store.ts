/** A file of a title: a video, a playlist or a picture. */
export interface MediaFile {
  /** Size in bytes. */
  size: number;
  /** A strong entity tag with quotes, derived from the content alone, so that ranges may come from any replica. */
  etag: string;
  /** Last modification, truncated to seconds as in HTTP. */
  modified: Date;
  /** Media type. */
  type: string;
  /** Path of a local file. */
  path?: string;
  /**
   * Reads the bytes from `start` to `end`, inclusive, at most a few hundred KiB ahead. Cancelling releases all
   * resources. The stream fails with MediaUnavailableError, or with MediaChangedError if the file was replaced.
   */
  read(start: number, end: number): ReadableStream<Uint8Array>;
}

/** A folder or bucket with titles. */
export interface MediaStore {
  /**
   * Looks up a file without opening it.
   * @param path relative to the store's root, such as `aurora/720p.mp4`; with `..` or empty segments nothing is found
   * @returns undefined if there is no such file
   * @throws MediaUnavailableError
   */
  find(path: string): Promise<MediaFile | undefined>;
}

/** The store does not respond, or not in time. */
export class MediaUnavailableError extends Error {
  override readonly name = "MediaUnavailableError";
}

/** The file was replaced after its lookup: bytes of the two versions must not be mixed. */
export class MediaChangedError extends Error {
  override readonly name = "MediaChangedError";
}

/** Media types by file extension. */
export const mediaTypes: Readonly<Record<string, string>> = {
  mp4: "video/mp4",
  m3u8: "application/vnd.apple.mpegurl",
  jpg: "image/jpeg",
  webp: "image/webp",
  json: "application/json",
};
