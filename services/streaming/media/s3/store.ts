import type { IncomingMessage } from "node:http";
import {
  type MediaFile,
  type MediaStore,
  MediaUnavailableError,
  mediaTypes,
} from "../media-store.ts";
import { type BucketOptions, parseBucket } from "./bucket.ts";
import { toMediaError } from "./errors.ts";
import { readObject, withQuotes } from "./read-object.ts";
import { createS3Client, type RequestLimits } from "./requests.ts";

export interface S3Options extends BucketOptions, RequestLimits {
  /** Seconds without data after which a connection counts as broken. @default 10 */
  stallSeconds?: number;
  /** Seconds for which lookups are cached: a player requests many ranges in a row. @default 5 */
  cacheSeconds?: number;
}

/** Maximum number of attempts to look up a file. */
const maxAttempts = 3;

/** Number of cached lookups, a few hundred bytes each. */
const maxCachedLookups = 1000;

/**
 * A bucket of S3 or a compatible server. Sends no request before the first `find`.
 * @throws Error that names the invalid option
 */
export function openBucket(options: S3Options): MediaStore {
  const { stallSeconds = 10, cacheSeconds = 5 } = options;
  const bucket = parseBucket(options);
  const client = createS3Client(options, bucket);
  const lookups = new Map<
    string,
    { file: Promise<MediaFile | undefined>; until: number }
  >();

  async function lookUp(
    path: string,
    url: URL,
  ): Promise<MediaFile | undefined> {
    const head = await client.send("HEAD", url, { maxAttempts });
    head.resume(); // no body, but its end has to be read
    if (head.statusCode !== 200) return await explainMissing(url, head);
    const { etag, size, modified } = readValidators(head);
    return {
      size,
      etag,
      modified,
      type: mediaTypeOf(path, head.headers["content-type"]),
      read: (start, end) =>
        readObject({ url, path, etag, size }, start, end, {
          client,
          stallSeconds,
          onChanged: () => lookups.delete(path),
        }),
    };
  }

  /** Responses to HEAD have no body, so a missing object and a missing bucket look the same. GET tells them apart. */
  async function explainMissing(
    url: URL,
    head: IncomingMessage,
  ): Promise<undefined> {
    const answer = await client.send("GET", url, {
      headers: { range: "bytes=0-0" },
      maxAttempts,
    });
    const { statusCode: status = 0 } = answer;
    if (status >= 300 && status !== 416) {
      const error = await toMediaError(bucket, answer);
      if (error) throw error;
      return undefined;
    }
    answer.destroy();
    if (head.statusCode === 404) return undefined; // created between the two requests
    throw await toMediaError(bucket, head);
  }

  function readValidators({ headers }: IncomingMessage) {
    const etag = withQuotes(headers.etag ?? "W/");
    const size = Number(headers["content-length"] ?? Number.NaN);
    const modified = new Date(headers["last-modified"] ?? Number.NaN);
    if (
      etag.startsWith("W/") ||
      !Number.isSafeInteger(size) ||
      Number.isNaN(modified.getTime())
    )
      throw new MediaUnavailableError(
        `${bucket.name} can't be used: it responded without a strong ETag, Content-Length or Last-Modified.`,
      );
    return { etag, size, modified };
  }

  return {
    async find(path) {
      const known = lookups.get(path);
      if (known && performance.now() < known.until) return known.file;
      const url = bucket.urlOf(path);
      if (!url) return undefined;
      const file = lookUp(path, url);
      // Concurrent lookups share this request.
      const entry = { file, until: Number.POSITIVE_INFINITY };
      lookups.delete(path);
      lookups.set(path, entry);
      const forget = () => {
        if (lookups.get(path) === entry) lookups.delete(path);
      };
      file.then((found) => {
        // Cache neither misses nor failures: the file may appear, and the next attempt may succeed.
        if (found) entry.until = performance.now() + cacheSeconds * 1000;
        else forget();
      }, forget);
      for (const oldest of lookups.keys()) {
        if (lookups.size <= maxCachedLookups) break;
        lookups.delete(oldest);
      }
      return file;
    },
  };
}

/** A generic Content-Type (uploaded without one) is ignored in favour of the file extension. */
function mediaTypeOf(path: string, contentType: string | undefined): string {
  const octets = "application/octet-stream";
  if (
    contentType &&
    contentType !== octets &&
    contentType !== "binary/octet-stream"
  )
    return contentType;
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return mediaTypes[extension] ?? octets;
}
