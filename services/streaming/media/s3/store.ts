import type { IncomingMessage } from "node:http";
import {
  MediaAway,
  type MediaFile,
  type MediaStore,
  mediaTypes,
} from "../media-store.ts";
import { type BucketOptions, bucketOf } from "./bucket.ts";
import { refusal } from "./errors.ts";
import { quoted, readObject } from "./read-object.ts";
import { createRequests, type RequestLimits } from "./requests.ts";

export interface S3Options extends BucketOptions, RequestLimits {
  /** Seconds without data after which a connection counts as broken. @default 10 */
  stall?: number;
  /** Seconds for which lookups are cached: a player requests many ranges in a row. @default 5 */
  keep?: number;
}

/** Maximum number of attempts to look up a file. */
const tries = 3;

/** Number of cached lookups, a few hundred bytes each. */
const mostKept = 1000;

/**
 * A bucket of S3 or a compatible server. Sends no request before the first `find`.
 * @throws Error that names the invalid option
 */
export function openBucket(options: S3Options): MediaStore {
  const { stall = 10, keep = 5 } = options;
  const bucket = bucketOf(options);
  const requests = createRequests(options, bucket);
  const kept = new Map<
    string,
    { file: Promise<MediaFile | undefined>; until: number }
  >();

  async function lookUp(
    path: string,
    url: URL,
  ): Promise<MediaFile | undefined> {
    const head = await requests.ask("HEAD", url, { tries });
    head.resume(); // no body, but its end has to be read
    if (head.statusCode !== 200) return await explain(url, head);
    const { etag, size, modified } = read(head);
    return {
      size,
      etag,
      modified,
      type: typeOf(path, head.headers["content-type"]),
      read: (start, end) =>
        readObject({ url, path, etag, size }, start, end, {
          requests,
          stall,
          onChanged: () => kept.delete(path),
        }),
    };
  }

  /** Responses to HEAD have no body, so a missing object and a missing bucket look the same. GET tells them apart. */
  async function explain(url: URL, head: IncomingMessage): Promise<undefined> {
    const answer = await requests.ask("GET", url, {
      headers: { range: "bytes=0-0" },
      tries,
    });
    const { statusCode: status = 0 } = answer;
    if (status >= 300 && status !== 416) {
      const away = await refusal(bucket, answer);
      if (away) throw away;
      return undefined;
    }
    answer.destroy();
    if (head.statusCode === 404) return undefined; // created between the two requests
    throw await refusal(bucket, head);
  }

  function read({ headers }: IncomingMessage) {
    const etag = quoted(headers.etag ?? "W/");
    const size = Number(headers["content-length"] ?? Number.NaN);
    const modified = new Date(headers["last-modified"] ?? Number.NaN);
    if (
      etag.startsWith("W/") ||
      !Number.isSafeInteger(size) ||
      Number.isNaN(modified.getTime())
    )
      throw new MediaAway(
        `${bucket.name} can't be used: it answered without a strong ETag, Content-Length or Last-Modified.`,
      );
    return { etag, size, modified };
  }

  return {
    async find(path) {
      const known = kept.get(path);
      if (known && performance.now() < known.until) return known.file;
      const url = bucket.urlOf(path);
      if (!url) return undefined;
      const file = lookUp(path, url);
      // Concurrent lookups share this request.
      const entry = { file, until: Number.POSITIVE_INFINITY };
      kept.delete(path);
      kept.set(path, entry);
      const forget = () => {
        if (kept.get(path) === entry) kept.delete(path);
      };
      file.then((found) => {
        // Cache neither misses nor failures: the file may appear, and the next attempt may succeed.
        if (found) entry.until = performance.now() + keep * 1000;
        else forget();
      }, forget);
      for (const oldest of kept.keys()) {
        if (kept.size <= mostKept) break;
        kept.delete(oldest);
      }
      return file;
    },
  };
}

/** A generic Content-Type (uploaded without one) is ignored in favour of the file extension. */
function typeOf(path: string, said: string | undefined): string {
  const octets = "application/octet-stream";
  if (said && said !== octets && said !== "binary/octet-stream") return said;
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return mediaTypes[ending] ?? octets;
}
