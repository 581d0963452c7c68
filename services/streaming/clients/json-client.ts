import {
  type CircuitBreakerPolicy,
  ExponentialBackoff,
  handleType,
  isBrokenCircuitError,
  isTaskCancelledError,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The response of another service. */
export interface JsonResponse {
  status: number;
  headers: Headers;
  /** The parsed JSON; undefined for other media types. */
  body: unknown;
}

/** Another service is unreachable, too slow, responded with 429 or 5xx, or sent invalid JSON. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
}

/** The failures that are retried and that circuit breakers count. */
export const upstreamFailures = handleType(UpstreamError);

export interface JsonClientOptions {
  /** Timeout of each attempt in milliseconds, until the last byte of the response. */
  timeoutMs: number;
  /** Number of attempts after the first. */
  retries: number;
}

/** Delay before the second attempt. It doubles with each retry and has jitter. */
const retryDelayMs = 50;

export type JsonClient = (
  url: string,
  init?: RequestInit,
) => Promise<JsonResponse>;

/**
 * Creates a JSON client that retries failed requests. Use it only for requests that are safe to repeat.
 * @param breaker counts each attempt. @default none
 */
export function createJsonClient(
  { timeoutMs, retries }: JsonClientOptions,
  fetch: Fetch = globalThis.fetch,
  breaker?: CircuitBreakerPolicy,
): JsonClient {
  const retryPolicy = retry(upstreamFailures, {
    maxAttempts: retries,
    backoff: new ExponentialBackoff({
      initialDelay: retryDelayMs,
      maxDelay: 10 * retryDelayMs,
    }),
  });
  const timeoutPolicy = timeout(timeoutMs, TimeoutStrategy.Aggressive);
  const policy = breaker ? wrap(retryPolicy, breaker) : retryPolicy;

  return async (url, init = {}) => {
    const origin = new URL(url).origin; // paths may contain user ids: keep them out of the log
    const attempt = async () => {
      try {
        return await timeoutPolicy.execute(({ signal }) =>
          fetchJson(fetch, url, { ...init, signal }),
        );
      } catch (cause) {
        if (cause instanceof UpstreamError) throw cause;
        const why = isTaskCancelledError(cause)
          ? `did not answer within ${timeoutMs} ms`
          : "can't be reached";
        throw new UpstreamError(`${origin} ${why}`, { cause });
      }
    };
    try {
      return await policy.execute(attempt);
    } catch (cause) {
      if (!isBrokenCircuitError(cause)) throw cause;
      throw new UpstreamError(
        `${origin} is not called: its circuit breaker is open`,
        {
          cause,
        },
      );
    }
  };
}

async function fetchJson(
  fetch: Fetch,
  url: string,
  init: RequestInit,
): Promise<JsonResponse> {
  const response = await fetch(url, { ...init, redirect: "manual" });
  const { status, headers } = response;
  const text = await response.text();
  if (status >= 500 || status === 429)
    throw new UpstreamError(`${new URL(url).origin} responded with ${status}`);
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(
    headers.get("content-type") ?? "",
  );
  try {
    return { status, headers, body: isJson ? JSON.parse(text) : undefined };
  } catch (cause) {
    throw new UpstreamError(`${new URL(url).origin} sent invalid JSON`, {
      cause,
    });
  }
}
