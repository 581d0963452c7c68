import {
  type AgentOptions,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch"; // AWS Signature Version 4 with Web Crypto, and nothing else: 9 KB; the AWS SDK's client is 1.4 MB
import { MediaAway } from "./media-store.ts";
import type { Bucket, BucketOptions } from "./s3-bucket.ts";

export interface RequestLimits {
  /** Seconds until an answer's headers have to be there, all tries together. @default 5 */
  timeout?: number;
  /**
   * Connections that read at the same time: one for each viewer who is being sent something. One more waits for its turn until
   * `timeout`, then it is MediaAway. @default 1000
   */
  connections?: number;
}

export interface Ask {
  /** Headers besides those of the signature. */
  headers?: Record<string, string>;
  /** How often it is tried at most. */
  tries: number;
  /** Ends it at once, and later the answer's body too. */
  signal?: AbortSignal;
}

export interface Requests {
  readonly bucket: Bucket;
  /**
   * Sends a signed request, again if it fails (no connection, no answer, 429, 5xx). The answer's body is the caller's:
   * to read to its end or to destroy.
   * @throws MediaAway
   */
  ask(method: "GET" | "HEAD", url: URL, ask: Ask): Promise<IncomingMessage>;
}

/** Connections for looking up: they are short, and never have to wait behind viewers. */
const lookups = 32;

/** Seconds that a connection is kept for the next request. Servers close theirs after 5 to 60. */
const idle = 15;

/** Milliseconds before the second try, then twice as many each time; half to all of them, so that replicas don't come as one. */
const pause = { first: 100, most: 1000 };

/** Milliseconds that a try has at least, where there is as much time left. */
const shortestTry = 500;

/**
 * Requests over connections that are kept. Not fetch(): Node's has no bound on connections, and one can't be set without
 * bundling all of undici (500 KB).
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
  /** Keys that signatures are made with: each is good for a day, and takes four hashes to make. */
  const cache = new Map<string, ArrayBuffer>();

  async function signed(
    method: string,
    url: URL,
    headers: Record<string, string>,
  ) {
    if (cache.size > 1) cache.clear(); // yesterday's
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

  /** One try. @param limit milliseconds until the answer's headers */
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
      // One that waits for a connection says nothing when it is destroyed, not before its turn would have come.
      const end = (reason: unknown) => {
        reject(reason);
        request.destroy();
      };
      const late = setTimeout(() => {
        const waits = `all ${connections} connections to it are in use`;
        end(new Error(request.socket ? "no answer in time" : waits));
      }, limit);
      const cancel = () => end(signal?.reason);
      signal?.addEventListener("abort", cancel);
      request.once("response", (response) => {
        clearTimeout(late);
        response.on("error", () => {}); // said to who reads it; nobody may be
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
        // A connection that died without a word takes half of the time, so that there is some left for a new one.
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
      throw new MediaAway(`${bucket.name} is away: ${failure}.`, { cause });
    },
  };
}

/** Bytes and milliseconds that an answer which says what is wrong may take. Larger or slower, its status has to do. */
const errorLimits = { bytes: 16 * 1024, time: 1000 };

/**
 * What S3 says of a failure: a code as in NoSuchKey, and for some a region. Each is "" if it says nothing of it, as to HEAD.
 * When it is done, the answer has been read or destroyed.
 */
export async function errorOf(
  response: IncomingMessage,
): Promise<{ code: string; region: string }> {
  const late = setTimeout(() => response.destroy(), errorLimits.time);
  let text = "";
  try {
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk;
      if (text.length > errorLimits.bytes) break; // destroys it
    }
  } catch {
    // What has come may do.
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

/** Several addresses, none of which answered, are an AggregateError, which has a code alone. */
const inWords = ({
  message,
  code = "",
  name,
}: Error & { code?: string }): string =>
  unknownAuthority.includes(code)
    ? // Node.js's own advice behind the semicolon, --use-system-ca, is of no help in an image.
      `${message.split(";")[0]}; if a private authority signed it, set S3_TLS_CA to that authority's certificates`
    : message || code || name;

/** OpenSSL's codes for a certificate that no known authority signed. */
const unknownAuthority = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];
