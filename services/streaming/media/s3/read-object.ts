import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { MediaChangedError, MediaUnavailableError } from "../media-store.ts";
import { toMediaError } from "./errors.ts";
import type { S3Client } from "./requests.ts";

/** An object as it was when it was looked up. */
export interface StoredObject {
  url: URL;
  path: string;
  etag: string;
  size: number;
}

export interface ReadOptions {
  client: S3Client;
  /** Seconds without data after which a connection counts as broken. */
  stallSeconds: number;
  /** Called when the object was replaced or removed after its lookup. */
  onChanged: () => void;
}

/** Responses in a row that fail before their first byte until the store counts as unavailable. */
const maxFruitlessAttempts = 3;

/** Maximum of the random delay before reading on, so that viewers of a lost server don't reconnect all at once. */
const maxRetryDelayMs = 200;

/**
 * Streams the bytes from `start` to `end`, inclusive. Read-ahead is limited to the connection's buffers: a reader that
 * stops applies backpressure to the bucket. An interrupted response is resumed at the next byte.
 */
export function readObject(
  object: StoredObject,
  start: number,
  end: number,
  { client, stallSeconds, onChanged }: ReadOptions,
): ReadableStream<Uint8Array> {
  const { name } = client.bucket;
  const cancelled = new AbortController();
  let next = start;
  let body: AsyncIterator<Buffer> | undefined;
  let response: IncomingMessage | undefined;

  async function open(): Promise<void> {
    response = await client.send("GET", object.url, {
      headers: { range: `bytes=${next}-${end}`, "if-match": object.etag },
      maxAttempts: Number.POSITIVE_INFINITY, // a viewer is waiting: retry until the timeout
      signal: cancelled.signal,
    });
    try {
      await checkResponse(response);
    } catch (error) {
      response.destroy();
      throw error;
    }
    body = response[Symbol.asyncIterator]();
  }

  function changedError(how: "replaced" | "removed"): MediaChangedError {
    onChanged();
    return new MediaChangedError(
      `${object.path} was ${how} while it was read.`,
    );
  }

  async function checkResponse(response: IncomingMessage): Promise<void> {
    const { statusCode: status, headers } = response;
    if (status === 412) throw changedError("replaced");
    if (status === 200)
      throw new MediaUnavailableError(
        `${name} can't be used: it does not support ranges, and responded with all of ${object.path}.`,
      );
    if (status !== 206)
      throw (
        (await toMediaError(client.bucket, response)) ?? changedError("removed")
      );
    // Servers without support for If-Match send the current version.
    if (headers.etag && withQuotes(headers.etag) !== object.etag)
      throw changedError("replaced");
    const range = `bytes ${next}-${end}/${object.size}`;
    const length = `${end - next + 1}`;
    if (
      headers["content-range"] !== range ||
      headers["content-length"] !== length
    )
      throw new MediaUnavailableError(
        `${name} can't be used: asked for ${range} of ${object.path}, it responded with ${headers["content-range"]}, ${headers["content-length"]} bytes long.`,
      );
  }

  /** The next chunk. @throws Error if the response is interrupted */
  async function nextChunk(): Promise<Buffer> {
    if (!body) await open();
    const late = setTimeout(
      () => response?.destroy(new Error(`no data for ${stallSeconds} s`)),
      stallSeconds * 1000,
    );
    try {
      const { value, done } = (await body?.next()) ?? {};
      if (done || !value) throw new Error("the response ended early");
      return value;
    } finally {
      clearTimeout(late);
    }
  }

  async function nextChunkWithRetries(): Promise<Buffer> {
    for (let failed = 1; ; failed++)
      try {
        return await nextChunk();
      } catch (error) {
        response?.destroy();
        body = undefined;
        cancelled.signal.throwIfAborted();
        if (
          error instanceof MediaUnavailableError ||
          error instanceof MediaChangedError
        )
          throw error;
        if (failed === maxFruitlessAttempts)
          throw new MediaUnavailableError(
            `${name} is unavailable: reading ${object.path} was interrupted: ${(error as Error).message}.`,
            { cause: error },
          );
        await sleep(Math.random() * maxRetryDelayMs, undefined, {
          signal: cancelled.signal,
        });
      }
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next <= end) {
          const bytes = await nextChunkWithRetries();
          next += bytes.length;
          controller.enqueue(bytes);
        }
        if (next > end) controller.close();
      },
      cancel: () => cancelled.abort(),
    },
    { highWaterMark: 0 }, // request nothing before the first read
  );
}

/** Adds the quotes that some servers omit from entity tags. */
export const withQuotes = (etag: string): string =>
  etag.startsWith('"') || etag.startsWith("W/") ? etag : `"${etag}"`;
