import {
  type AgentOptions,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch"; // 9 KB, against 1.4 MB of the AWS SDK's S3 client
import { MediaUnavailableError } from "../media-store.ts";
import type { Bucket, BucketOptions } from "./bucket.ts";

export interface RequestLimits {
  /** Seconds until the response headers, for all attempts together. @default 5 */
  timeoutSeconds?: number;
  /**
   * Concurrent reads: one connection per viewer that data is sent to. Further reads wait until `timeoutSeconds`,
   * then fail with MediaUnavailableError. @default 1000
   */
  maxConnections?: number;
}

interface S3RequestOptions {
  /** Headers besides those of the signature. */
  headers?: Record<string, string>;
  /** Maximum number of attempts. */
  maxAttempts: number;
  /** Aborts the request and, later, the response's body. */
  signal?: AbortSignal;
}

export interface S3Client {
  readonly bucket: Bucket;
  /**
   * Sends a signed request and retries failures (connection errors, timeouts, 429, 5xx). The caller must consume or
   * destroy the response.
   * @throws MediaUnavailableError
   */
  send(
    method: "GET" | "HEAD",
    url: URL,
    ask: S3RequestOptions,
  ): Promise<IncomingMessage>;
}

/** Connections reserved for lookups, which are short and must not wait behind viewers. */
const lookupConnections = 32;

/** How long idle connections are kept. Servers close theirs after 5 to 60 s. */
const idleSeconds = 15;

/** Backoff before retries: it doubles, and has jitter so that replicas don't retry all at once. */
const retryDelayMs = { first: 100, most: 1000 };

/** Minimum timeout of an attempt, if there is as much time left. */
const minAttemptMs = 500;

/**
 * Sends requests over pooled connections. Not with fetch(): it doesn't limit the number of connections, and a limit
 * would require bundling undici (500 KB).
 */
export function createS3Client(
  options: BucketOptions & RequestLimits,
  bucket: Bucket,
): S3Client {
  const {
    timeoutSeconds = 5,
    maxConnections = 1000,
    certificateAuthority,
  } = options;
  const secure = new URL(options.endpoint).protocol === "https:";
  const agent = (maxSockets: number) => {
    const kept: AgentOptions = {
      keepAlive: true,
      maxSockets,
      timeout: idleSeconds * 1000,
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
  const agents = { HEAD: agent(lookupConnections), GET: agent(maxConnections) };
  /** Derived signing keys: valid for a day, and four hashes to compute. */
  const cache = new Map<string, ArrayBuffer>();

  async function sign(
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
  const sendOnce = (
    method: "GET" | "HEAD",
    url: URL,
    headers: Record<string, string>,
    limitMs: number,
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
        const waits = `all ${maxConnections} connections are in use`;
        end(new Error(request.socket ? "no response in time" : waits));
      }, limitMs);
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
        reject(new Error("the connection was closed without a response"));
      });
      request.end();
    });

  return {
    bucket,
    async send(method, url, { headers = {}, maxAttempts, signal }) {
      const end = performance.now() + timeoutSeconds * 1000;
      let failure = "";
      let cause: unknown;
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        if (attempt > 0) {
          const maxDelayMs = Math.min(
            retryDelayMs.first * 2 ** (attempt - 1),
            retryDelayMs.most,
          );
          const delayMs = maxDelayMs * (0.5 + Math.random() / 2);
          if (performance.now() + delayMs >= end) break;
          await sleep(delayMs, undefined, signal && { signal });
        }
        // Use half of the time that is left, so that a silent connection leaves time for a new one.
        const left = end - performance.now();
        const limitMs = Math.max(left / 2, Math.min(left, minAttemptMs));
        try {
          const signedHeaders = await sign(method, url, headers);
          signal?.throwIfAborted();
          const response = await sendOnce(
            method,
            url,
            signedHeaders,
            limitMs,
            signal,
          );
          const status = response.statusCode as number;
          if (status < 500 && status !== 429) return response;
          const { code } = await readS3Error(response);
          failure = `it responded with ${status}${code && ` (${code})`}`;
          cause = undefined;
        } catch (error) {
          signal?.throwIfAborted();
          failure = describeError(error as Error);
          cause = error;
        }
      }
      throw new MediaUnavailableError(
        `${bucket.name} is unavailable: ${failure}.`,
        {
          cause,
        },
      );
    },
  };
}

/** Limits for reading an error response. Beyond them, only its status is used. */
const errorLimits = { bytes: 16 * 1024, ms: 1000 };

/**
 * Reads the error code, such as NoSuchKey, and the region from an error response; "" where it has none, as for HEAD.
 * Afterwards the response has been consumed or destroyed.
 */
export async function readS3Error(
  response: IncomingMessage,
): Promise<{ code: string; region: string }> {
  const late = setTimeout(() => response.destroy(), errorLimits.ms);
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
const describeError = ({
  message,
  code = "",
  name,
}: Error & { code?: string }): string =>
  unknownAuthorityCodes.includes(code)
    ? // Drops Node.js's advice after the semicolon (--use-system-ca), which does not help in a container image.
      `${message.split(";")[0]}; if a private authority signed it, set S3_TLS_CA to that authority's certificates`
    : message || code || name;

/** OpenSSL's error codes for certificates of unknown authorities. */
const unknownAuthorityCodes = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];
