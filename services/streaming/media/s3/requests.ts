import {
  type AgentOptions,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch"; // 9 KB, against 1.4 MB of the AWS SDK's S3 client
import { MediaAway } from "../media-store.ts";
import type { Bucket, BucketOptions } from "./bucket.ts";

export interface RequestLimits {
  /** Seconds until the response headers, for all attempts together. @default 5 */
  timeout?: number;
  /**
   * Concurrent reads: one connection for each viewer who is being sent data. Further reads wait until `timeoutSeconds`,
   * then fail with MediaUnavailableError. @default 1000
   */
  connections?: number;
}

export interface Ask {
  /** Headers besides those of the signature. */
  headers?: Record<string, string>;
  /** Maximum number of attempts. */
  tries: number;
  /** Aborts the request and, later, the response's body. */
  signal?: AbortSignal;
}

export interface Requests {
  readonly bucket: Bucket;
  /**
   * Sends a signed request and retries failures (connection errors, timeouts, 429, 5xx). The caller must consume or
   * destroy the response.
   * @throws MediaUnavailableError
   */
  ask(method: "GET" | "HEAD", url: URL, ask: Ask): Promise<IncomingMessage>;
}

/** Connections reserved for lookups, which are short and must not wait behind viewers. */
const lookups = 32;

/** How long idle connections are kept. Servers close theirs after 5 to 60 s. */
const idle = 15;

/** Backoff before retries: it doubles, and has jitter so that replicas don't retry all at once. */
const pause = { first: 100, most: 1000 };

/** Minimum timeout of an attempt, if there is as much time left. */
const shortestTry = 500;

/**
 * Sends requests over pooled connections. Not with fetch(): it doesn't limit the number of connections, and a limit
 * would require bundling undici (500 KB).
 */
export function createRequests(
  options: BucketOptions & RequestLimits,
  bucket: Bucket,
): Requests {
  const { timeout = 5, connections = 1000, certificateAuthority } = options;
  const secure = new URL(options.endpoint).protocol === "https:";
  const agent = (maxSockets: number) => {
    const kept: AgentOptions = {
      keepAlive: true,
      maxSockets,
      timeout: idle * 1000,
    };
    return secure
      ? new HttpsAgent({
          ...kept,
          ...(certificateAuthority !== undefined && {
            ca: certificateAuthority,
          }),
        })
      : new HttpAgent(kept);
  };
  const agents = { HEAD: agent(lookups), GET: agent(connections) };
  /** Derived signing keys: valid for a day, and four hashes to compute. */
  const cache = new Map<string, ArrayBuffer>();

  async function signed(
    method: string,
    url: URL,
    headers: Record<string, string>,
  ) {
    if (cache.size > 1) cache.clear(); // drop yesterday's key
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers,
      service: "s3",
      region: bucket.region,
      accessKeyId: options.accessKeyId,
      secretAccessKey: options.secretAccessKey,
      ...(options.sessionToken && { sessionToken: options.sessionToken }),
      cache,
    });
    return Object.fromEntries((await signer.sign()).headers);
  }

  /** Makes one attempt. @param limitMs timeout until the response headers */
  const send = (
    method: "GET" | "HEAD",
    url: URL,
    headers: Record<string, string>,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const request = (secure ? requestHttps : requestHttp)(url, {
        method,
        headers,
        agent: agents[method],
      });
      // Destroying a request that waits for a connection emits nothing until its turn comes, so reject first.
      const end = (reason: unknown) => {
        reject(reason);
        request.destroy();
      };
      const late = setTimeout(() => {
        const waits = `all ${connections} connections are in use`;
        end(new Error(request.socket ? "no answer in time" : waits));
      }, limit);
      const cancel = () => end(signal?.reason);
      signal?.addEventListener("abort", cancel);
      request.once("response", (response) => {
        clearTimeout(late);
        response.on("error", () => {}); // readers get the error; without a reader it would be uncaught
        resolve(response);
      });
      request.on("error", reject);
      request.once("close", () => {
        clearTimeout(late);
        signal?.removeEventListener("abort", cancel);
        reject(new Error("the connection was closed without an answer"));
      });
      request.end();
    });

  return {
    bucket,
    async ask(method, url, { headers = {}, tries, signal }) {
      const end = performance.now() + timeout * 1000;
      let failure = "";
      let cause: unknown;
      for (let tried = 0; tried < tries; tried++) {
        if (tried > 0) {
          const most = Math.min(pause.first * 2 ** (tried - 1), pause.most);
          const wait = most * (0.5 + Math.random() / 2);
          if (performance.now() + wait >= end) break;
          await sleep(wait, undefined, signal && { signal });
        }
        // Use half of the time that is left, so that a silent connection leaves time for a new one.
        const left = end - performance.now();
        const limit = Math.max(left / 2, Math.min(left, shortestTry));
        try {
          const all = await signed(method, url, headers);
          signal?.throwIfAborted();
          const response = await send(method, url, all, limit, signal);
          const status = response.statusCode as number;
          if (status < 500 && status !== 429) return response;
          const { code } = await errorOf(response);
          failure = `it answered ${status}${code && ` (${code})`}`;
          cause = undefined;
        } catch (error) {
          signal?.throwIfAborted();
          failure = inWords(error as Error);
          cause = error;
        }
      }
      throw new MediaAway(`${bucket.name} is unavailable: ${failure}.`, {
        cause,
      });
    },
  };
}

/** Limits for reading an error response. Beyond them, only its status is used. */
const errorLimits = { bytes: 16 * 1024, time: 1000 };

/**
 * Reads the error code, such as NoSuchKey, and the region from an error response; "" where it has none, as for HEAD.
 * Afterwards the response has been consumed or destroyed.
 */
export async function errorOf(
  response: IncomingMessage,
): Promise<{ code: string; region: string }> {
  const late = setTimeout(() => response.destroy(), errorLimits.time);
  let text = "";
  try {
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk;
      if (text.length > errorLimits.bytes) break; // destroys the response
    }
  } catch {
    // Use what has arrived.
  } finally {
    clearTimeout(late);
  }
  const element = (name: string) =>
    new RegExp(`<${name}>([A-Za-z0-9-]{1,64})</${name}>`).exec(text)?.[1] ?? "";
  const header = response.headers["x-amz-bucket-region"];
  return {
    code: element("Code"),
    region: element("Region") || (typeof header === "string" ? header : ""),
  };
}

/** If several addresses fail, Node.js throws an AggregateError, which has a code but no message. */
const inWords = ({
  message,
  code = "",
  name,
}: Error & { code?: string }): string =>
  unknownAuthority.includes(code)
    ? // Drops Node.js's advice after the semicolon (--use-system-ca), which does not help in a container image.
      `${message.split(";")[0]}; if a private authority signed it, set S3_TLS_CA to that authority's certificates`
    : message || code || name;

/** OpenSSL's error codes for certificates of unknown authorities. */
const unknownAuthority = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];
