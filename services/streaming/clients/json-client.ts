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
export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON; undefined for other media types. */
  body: unknown;
}

/** Another service is unreachable, too slow, answered 429 or 5xx, or sent invalid JSON. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** The failures that are retried and that circuit breakers count. */
export const failures = handleType(Unanswered);

export interface AskTimes {
  /** Timeout of each attempt in milliseconds, until the last byte of the response. */
  timeout: number;
  /** Number of attempts after the first. */
  retries: number;
  /** Delay before the second attempt in milliseconds. It doubles with each retry and has jitter. @default 50 */
  pause?: number;
}

export type Ask = (url: string, init?: RequestInit) => Promise<Answer>;

/**
 * Creates a JSON client that retries failed requests. Use it only for requests that are safe to repeat.
 * @param breaker counts each attempt. @default none
 */
export function createAsk(
  { timeout: limit, retries, pause = 50 }: AskTimes,
  fetch: Fetch = globalThis.fetch,
  breaker?: CircuitBreakerPolicy,
): Ask {
  const again = retry(failures, {
    maxAttempts: retries,
    backoff: new ExponentialBackoff({
      initialDelay: pause,
      maxDelay: 10 * pause,
    }),
  });
  const inTime = timeout(limit, TimeoutStrategy.Aggressive);
  const policy = breaker ? wrap(again, breaker) : again;

  return async (url, init = {}) => {
    const path = new URL(url).origin; // paths may contain user ids: keep them out of the log
    const tryOnce = async () => {
      try {
        return await inTime.execute(({ signal }) =>
          answerOf(fetch, url, { ...init, signal }),
        );
      } catch (cause) {
        if (cause instanceof Unanswered) throw cause;
        const why = isTaskCancelledError(cause)
          ? `did not answer within ${limit} ms`
          : "can't be reached";
        throw new Unanswered(`${path} ${why}`, { cause });
      }
    };
    try {
      return await policy.execute(tryOnce);
    } catch (cause) {
      if (!isBrokenCircuitError(cause)) throw cause;
      throw new Unanswered(
        `${path} is not called: its circuit breaker is open`,
        {
          cause,
        },
      );
    }
  };
}

async function answerOf(
  fetch: Fetch,
  url: string,
  init: RequestInit,
): Promise<Answer> {
  const response = await fetch(url, { ...init, redirect: "manual" });
  const { status, headers } = response;
  const text = await response.text();
  if (status >= 500 || status === 429)
    throw new Unanswered(`${new URL(url).origin} answered ${status}`);
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(
    headers.get("content-type") ?? "",
  );
  try {
    return { status, headers, body: isJson ? JSON.parse(text) : undefined };
  } catch (cause) {
    throw new Unanswered(`${new URL(url).origin} answered broken JSON`, {
      cause,
    });
  }
}
