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
} from "cockatiel"; // retries, time limits and circuit breakers that go together; it depends on nothing

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What another service answered. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The JSON; undefined where there is none. */
  body: unknown;
}

/** Another service does not answer, or nothing of use: it can't be reached, is too slow, has trouble, or sends no JSON. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** What is worth another try, and what a circuit breaker counts. */
export const failures = handleType(Unanswered);

export interface AskTimes {
  /** Milliseconds that each try may take, until the answer's last byte. */
  timeout: number;
  /** How many tries there are after the first. */
  retries: number;
  /** Milliseconds until the second try, about: the pause is drawn at random, so that callers do not come back all at once, and doubles. @default 50 */
  pause?: number;
}

export type Ask = (url: string, init?: RequestInit) => Promise<Answer>;

/**
 * Makes what asks another service for JSON, and asks again if that fails. To be used only for what may be asked twice.
 * @param breaker sees each try. @default none
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
    const path = new URL(url).origin; // the rest may be about somebody
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
      throw new Unanswered(`${path} is not asked: it failed too often`, {
        cause,
      });
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
