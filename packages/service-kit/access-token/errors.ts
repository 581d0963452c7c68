/** The message says why the token is invalid, without the token itself. Clients get a 401: see http/errors.ts. */
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

/** The request has no token. Clients get a 401. */
export class MissingTokenError extends Error {
  override readonly name = "MissingTokenError";

  /** @param message what to send, in a sentence */
  constructor(message = "Send an access token: Authorization: Bearer ….") {
    super(message);
  }
}

/** Tokens can't be verified, because auth is unavailable. Clients get a 503. */
export class AuthUnavailableError extends Error {
  override readonly name = "AuthUnavailableError";

  constructor(cause: unknown) {
    super(
      "Access tokens can't be verified right now, because auth is unavailable. Try again shortly.",
      { cause },
    );
  }
}
