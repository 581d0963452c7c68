import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A file that is delivered in whole or in part. */
export interface Video {
  /** Bytes. */
  size: number;
  /** A strong entity tag, of the content alone: the same in every pod, so that a range may come from any. */
  etag: string;
  type: string;
  /** Opens the file and gives the bytes from `start` to `end`, both included. Cancelling closes it. */
  read(start: number, end: number): ReadableStream<Uint8Array>;
}

/**
 * Reads a file once, for its size and entity tag.
 * @throws Error if it can't be read, or is empty
 */
export async function openVideo(path: string): Promise<Video> {
  const { size } = await stat(path);
  if (size === 0) throw new Error(`${path} is empty.`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return {
    size,
    etag: `"${hash.digest("base64url").slice(0, 22)}"`,
    type: "video/mp4",
    read: (start, end) =>
      Readable.toWeb(
        createReadStream(path, { start, end }),
      ) as ReadableStream<Uint8Array>,
  };
}
