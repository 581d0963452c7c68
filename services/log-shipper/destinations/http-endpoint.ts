import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import type { Destination } from "./destination.ts";

export interface EndpointTimes {
  /** Maximum time a line waits for the batch to fill, so that a quiet service makes few requests. */
  maxBatchWaitMs: number;
  /** Maximum time for the whole response. */
  responseTimeoutMs: number;
  /** Maximum delay before the first retry. It doubles with each retry. */
  firstRetryMs: number;
  /** Maximum delay before any retry. */
  maxRetryMs: number;
  /** Upper limit for Retry-After, because the log grows while nothing is shipped. */
  maxRetryAfterMs: number;
}

export const defaultEndpointTimes: EndpointTimes = {
  maxBatchWaitMs: 1_000,
  responseTimeoutMs: 10_000,
  firstRetryMs: 500,
  maxRetryMs: 30_000,
  maxRetryAfterMs: 60_000,
};

interface EndpointResponse {
  status: number;
  /** The Retry-After header. */
  retryAfter: string | undefined;
}

/**
 * An HTTP endpoint that accepts lines as NDJSON. Temporary failures are retried without limit; rejected batches are
 * logged and dropped.
 * @param headers additional headers of each request
 * @param onFailure called after each failed request
 */
export function createHttpEndpoint(
  url: URL,
  headers: Record<string, string>,
  onFailure: () => void,
  times: EndpointTimes = defaultEndpointTimes,
): Destination {
  const limits = {
    maxLines: 500,
    maxBytes: 1024 * 1024,
    maxWaitMs: times.maxBatchWaitMs,
  };
  /** Reused for all batches, to save garbage collections. */
  const buffer = Buffer.allocUnsafe(limits.maxBytes);
  /** Whether the last batch was rejected, and whether the last request failed. Each streak is logged once. */
  let rejecting = false;
  let failing = false;

  async function send(records: string[], ending: AbortSignal) {
    let size = 0;
    for (const record of records) size += buffer.write(record, size);
    const body = buffer.subarray(0, size);
    for (let retries = 0; ; retries++) {
      const response = await post(
        url,
        headers,
        body,
        times.responseTimeoutMs,
      ).catch((error: Error) => error);
      if (!(response instanceof Error) && !isRetryable(response.status)) {
        if (failing) logger.info("the endpoint is available again");
        failing = false;
        return recordResult(response.status);
      }
      onFailure();
      if (!failing)
        logger.warn(
          { reason: failureReason(response) },
          "the endpoint is unavailable: retrying until it accepts lines",
        );
      failing = true;
      if (await sleepUntilEnding(retryDelayMs(response, retries), ending))
        retries = -1;
    }
  }

  /** Logs and counts the final response to a batch. @returns whether the lines were accepted */
  function recordResult(status: number): boolean {
    const accepted = isSuccess(status);
    if (!accepted) onFailure();
    if (!accepted && !rejecting)
      logger.error(
        { status },
        "the endpoint rejects lines permanently: dropping them until it accepts some",
      );
    if (accepted && rejecting) logger.info("the endpoint accepts lines again");
    rejecting = !accepted;
    return accepted;
  }

  /** Delay before the next try: exponential backoff with full jitter, so that the pods don't retry at the same time. */
  function retryDelayMs(
    response: EndpointResponse | Error,
    retries: number,
  ): number {
    const maxDelayMs = Math.min(
      times.maxRetryMs,
      times.firstRetryMs * 2 ** retries,
    );
    const retryAfterMs =
      response instanceof Error ? 0 : parseRetryAfterMs(response.retryAfter);
    return Math.max(
      Math.random() * maxDelayMs,
      Math.min(retryAfterMs, times.maxRetryAfterMs),
    );
  }

  return { limits, send };
}

/**
 * Statuses that reject the lines themselves (malformed, too large, unsupported), so that a retry would fail as well.
 */
const permanentRejections = new Set([400, 413, 415, 422]);

/**
 * Whether a retry may succeed. Redirects and authentication errors are retried as well: they are configuration errors,
 * for which lines must not be lost.
 */
const isRetryable = (status: number) =>
  !isSuccess(status) && !permanentRejections.has(status);

const isSuccess = (status: number) => status >= 200 && status < 300;

const failureReason = (response: EndpointResponse | Error) =>
  response instanceof Error ? response.message : `status ${response.status}`;

/** Parses Retry-After, in seconds or as a date. */
function parseRetryAfterMs(header = ""): number {
  const seconds = /^\d+$/.test(header)
    ? Number(header)
    : (Date.parse(header) - Date.now()) / 1000;
  return Math.max(seconds * 1000, 0) || 0;
}

/** Sleeps until the time has passed or the shutdown starts. @returns whether the shutdown started meanwhile */
async function sleepUntilEnding(
  ms: number,
  ending: AbortSignal,
): Promise<boolean> {
  const wasEnding = ending.aborted;
  await delay(ms, undefined, wasEnding ? {} : { signal: ending }).catch(
    () => {},
  );
  return ending.aborted && !wasEnding;
}

/** Doesn't use fetch(), which needs 25 MiB more memory and turns some redirected POSTs into GETs. */
function post(
  url: URL,
  headers: Record<string, string>,
  body: Buffer,
  timeoutMs: number,
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
    const timer = setTimeout(
      () => post.destroy(new Error(`no response within ${timeoutMs} ms`)),
      timeoutMs,
    );
    post.once("close", () => clearTimeout(timer));
    post.on("error", reject);
    post.once("response", (response) => {
      const status = response.statusCode as number;
      const retryAfter = response.headers["retry-after"];
      const settle = () => resolve({ status, retryAfter });
      // The response may come before the whole body is sent: finish sending if it was accepted, and abort otherwise.
      if (post.writableFinished) settle();
      else if (isSuccess(status)) post.once("finish", settle);
      else {
        settle();
        post.destroy();
      }
      // Only the status matters. Drain the body so that the connection can be reused.
      response.on("error", () => {}).resume();
    });
    post.end(body);
  });
}
