/** How the next request fails. */
export type Failure =
  /** It succeeds. */
  | "none"
  /** The connection closes before the request is handled. */
  | "unreachable"
  /** The request is done, and the connection closes before the answer. */
  | "answer lost"
  /** The request is done, and the answer never comes. */
  | "no answer"
  /** The request is done, and the answer is a 500, also to its repetition. */
  | "500 after"
  /** The request is not done, and the answer is a 500, also to its repetition. */
  | "500 before"
  /** A proxy answers in HTML. */
  | "502"
  | "429"
  | "409"
  | "401"
  | "403";

export const secretKey = "sk_test_the_secret_key_of_the_tests";

export interface Answer {
  status: number;
  body: unknown;
}

/** An error of Stripe's API. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;

  constructor(
    status: number,
    type: string,
    message: string,
    more: Record<string, unknown> = {},
  ) {
    super(message);
    this.status = status;
    this.body = { error: { type, message, ...more } };
  }
}

export const invalid = (message: string, more = {}, status = 400) =>
  new ApiError(status, "invalid_request_error", message, more);

export const failed: Answer = {
  status: 500,
  body: {
    error: {
      type: "api_error",
      message: `An unknown error occurred with ${secretKey} and 4242424242424242.`,
    },
  },
};

/** The answer to a request that is not handled. */
export function answerOf(failure: Failure | undefined): Answer | undefined {
  if (failure === "502")
    return { status: 502, body: "<html>Bad Gateway</html>" };
  return failure && /^4\d\d$/.test(failure)
    ? refusal(Number(failure))
    : undefined;
}

export const refusal = (status: number): Answer => ({
  status,
  body: {
    error:
      status === 409
        ? {
            type: "idempotency_error",
            code: "idempotency_key_in_use",
            message:
              "There is currently another in-progress request using this Idempotent Key.",
          }
        : {
            type: "invalid_request_error",
            ...(status === 429 && { code: "rate_limit" }),
            message: `No (${status}): Invalid API Key provided: ${secretKey}`,
          },
  },
});
