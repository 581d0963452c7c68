import { HTTPException } from "hono/http-exception";

/**
 * A token is not valid; the message says why, in a sentence without the token. To a client it is a 401, with the WWW-Authenticate
 * of RFC 6750.
 */
export class InvalidTokenError extends HTTPException {
  override readonly name = "InvalidTokenError";

  /** @param message in ASCII and without quotes: it is in a header, too */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(401, {
      ...options,
      message,
      res: challenge(`error="invalid_token", error_description="${message}"`),
    });
  }
}

/** The token's session has ended before the token expired. */
export class SessionEndedError extends InvalidTokenError {
  constructor() {
    super("The token's session has ended.");
  }
}

/** No token was sent. To a client it is a 401 that says so without `error`: RFC 6750, 3.1. */
export class MissingTokenError extends HTTPException {
  override readonly name = "MissingTokenError";

  /** @param message what to send, in a sentence */
  constructor(message = "Send an access token: Authorization: Bearer ….") {
    super(401, {
      message,
      res: challenge(),
    });
  }
}

/** The scheme has to be followed by something, so there is a realm: RFC 6750, 3. */
const challenge = (...more: string[]) =>
  new Response(null, {
    headers: {
      "www-authenticate": ['Bearer realm="marquee"', ...more].join(", "),
    },
  });

/**
 * Whether a token is valid can't be said now: auth, who publishes the keys, does not answer. To a client it is a 503 with
 * Retry-After; `cause` is what happened, for the log.
 */
export class AuthUnavailableError extends HTTPException {
  override readonly name = "AuthUnavailableError";

  constructor(cause: unknown) {
    super(503, {
      message:
        "Access tokens can't be verified now, because auth does not answer. Try again shortly.",
      cause,
      res: new Response(null, { headers: { "retry-after": "1" } }), // seconds
    });
  }
}
