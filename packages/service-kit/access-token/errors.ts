/** The token is not valid; the message says why, in a sentence without the token. A 401 to clients: see http/errors.ts. */
export class InvalidTokenError extends Error {
  override readonly name: string = "InvalidTokenError";

  /** @param message in ASCII and without quotes, because it becomes part of a header */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
  }
}

/** The token's session has ended before the token expired. */
export class SessionEndedError extends InvalidTokenError {
  override readonly name = "SessionEndedError";

  constructor() {
    super("The token's session has ended.");
  }
}

/** The request has no token. A 401 to clients. */
export class MissingTokenError extends Error {
  override readonly name = "MissingTokenError";

  /** @param message what to send, in a sentence */
  constructor(message = "Send an access token: Authorization: Bearer ….") {
    super(message);
  }
}

/** Auth, which publishes the keys, does not answer, so tokens can't be verified. A 503 to clients. */
export class AuthUnavailableError extends Error {
  override readonly name = "AuthUnavailableError";

  constructor(cause: unknown) {
    super(
      "Access tokens can't be verified now, because auth does not answer. Try again shortly.",
      { cause },
    );
  }
}
