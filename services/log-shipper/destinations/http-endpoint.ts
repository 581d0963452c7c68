import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import type { Destination } from "./destination.ts";

/** Milliseconds. */
export interface EndpointTimes {
  /** A line may wait for others, so that a quiet service makes few requests. */
  maxBatchWaitMs: number;
  /** The endpoint may take to answer, and to end its answer. */
  responseTimeoutMs: number;
  /** At most before the first retry; it doubles with each one. */
  firstRetryMs: number;
  /** At most before any retry. */
  maxRetryMs: number;
  /** At most that Retry-After is heeded: nothing is shipped meanwhile, and the log goes on. */
  maxRetryAfterMs: number;
}

export const defaultEndpointTimes: EndpointTimes = {
  maxBatchWaitMs: 1_000,
  responseTimeoutMs: 10_000,
  firstRetryMs: 500,
  maxRetryMs: 30_000,
  maxRetryAfterMs: 60_000,
};

/** An answer to a batch. */
interface EndpointResponse {
  status: number;
  /** The header. */
  retryAfter: string | undefined;
}

/**
 * An HTTP endpoint that takes lines as NDJSON. What may pass is tried again for ever; what it refuses is logged and
 * dropped.
 * @param headers of each request, besides its own
 * @param failed told of each request that did not ship its lines
 */
export function createHttpEndpoint(
  url: URL,
  headers: Record<string, string>,
  failed: () => void,
  times: EndpointTimes = defaultEndpointTimes,
): Destination {
  const limits = {
    maxLines: 500,
    maxBytes: 1024 * 1024,
    maxWaitMs: times.maxBatchWaitMs,
  };
  /** One for all batches: a new one for each would be garbage that makes the collector run all the time. */
  const buffer = Buffer.allocUnsafe(limits.maxBytes);
  /** Whether the last batch was refused, and the last request failed: each streak is logged once. */
  let refused = false;
  let failing = false;

  async function send(records: string[], ending: AbortSignal) {
    let size = 0;
    for (const record of records) size += buffer.write(record, size);
    const body = buffer.subarray(0, size);
    for (let retries = 0; ; retries++) {
      const answer = await post(
        url,
        headers,
        body,
        times.responseTimeoutMs,
      ).catch((error: Error) => error);
      if (!(answer instanceof Error) && !isRetryable(answer.status)) {
        if (failing) logger.info("the endpoint answers again");
        failing = false;
        return recordResult(answer.status);
      }
      failed();
      if (!failing)
        logger.warn(
          { reason: failureReason(answer) },
          "the endpoint takes no lines now: trying until it does",
        );
      failing = true;
      if (await sleepUntilEnding(retryDelayMs(answer, retries), ending))
        retries = -1;
    }
  }

  /** Whether this answer, which no other will follow, means that the lines were taken. */
  function recordResult(status: number): boolean {
    const taken = isSuccess(status);
    if (!taken) failed();
    if (!taken && !refused)
      logger.error(
        { status },
        "the endpoint refuses lines, which no retry will change: they are dropped until it takes some",
      );
    if (taken && refused) logger.info("the endpoint takes lines again");
    refused = !taken;
    return taken;
  }

  /**
   * Milliseconds until the next try: exponential backoff with full jitter, so that all pods don't come back at once.
   */
  function retryDelayMs(
    answer: EndpointResponse | Error,
    retries: number,
  ): number {
    const most = Math.min(times.maxRetryMs, times.firstRetryMs * 2 ** retries);
    const asked =
      answer instanceof Error ? 0 : parseRetryAfterMs(answer.retryAfter);
    return Math.max(
      Math.random() * most,
      Math.min(asked, times.maxRetryAfterMs),
    );
  }

  return { limits, send };
}

/**
 * Answers that are about the lines themselves, so that no retry will have another: malformed, too large, not
 * understood.
 */
const permanentRejections = new Set([400, 413, 415, 422]);

/**
 * Whether another try may have another answer. An endpoint that moved, or lets nobody in, may be mended; lines are not
 * to go for that.
 */
const isRetryable = (status: number) =>
  !isSuccess(status) && !permanentRejections.has(status);

const isSuccess = (status: number) => status >= 200 && status < 300;

const failureReason = (answer: EndpointResponse | Error) =>
  answer instanceof Error ? answer.message : `status ${answer.status}`;

/** Retry-After in milliseconds: it has seconds or a date. */
function parseRetryAfterMs(header = ""): number {
  const seconds = /^\d+$/.test(header)
    ? Number(header)
    : (Date.parse(header) - Date.now()) / 1000;
  return Math.max(seconds * 1000, 0) || 0;
}

/** Waits, but not on when the program is to end; whether it ended just now. */
async function sleepUntilEnding(
  ms: number,
  ending: AbortSignal,
): Promise<boolean> {
  const before = ending.aborted;
  await delay(ms, undefined, before ? {} : { signal: ending }).catch(() => {});
  return ending.aborted && !before;
}

/** Not fetch(): it takes 25 MiB more, and makes GETs of some POSTs that are redirected. */
function post(
  url: URL,
  headers: Record<string, string>,
  body: Buffer,
  limit: number,
): Promise<EndpointResponse> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const post = request(url, {
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/x-ndjson",
        "content-length": body.length,
      },
    });
    const late = setTimeout(
      () => post.destroy(new Error(`no answer within ${limit} ms`)),
      limit,
    );
    post.once("close", () => clearTimeout(late));
    post.on("error", reject);
    post.once("response", (response) => {
      const status = response.statusCode as number;
      const retryAfter = response.headers["retry-after"];
      const answered = () => resolve({ status, retryAfter });
      // It may answer before it has all: what it takes it gets whole, and what it refuses is not sent on.
      if (post.writableFinished) answered();
      else if (isSuccess(status)) post.once("finish", answered);
      else {
        answered();
        post.destroy();
      }
      // The status says it all. The connection is free again when the rest was read.
      response.on("error", () => {}).resume();
    });
    post.end(body);
  });
}
