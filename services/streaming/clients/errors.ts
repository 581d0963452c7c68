/** Payment does not answer, or not with a valid response. `cause` holds the details for the log. */
export class PaymentUnavailableError extends Error {
  override readonly name = "PaymentUnavailableError";

  constructor(cause: unknown) {
    super(
      "Subscriptions and payments are unavailable right now. Try again shortly.",
      { cause },
    );
  }
}

/** Payment rejected the user's access token: 401 or 403. */
export class AccessTokenRejectedError extends Error {
  override readonly name = "AccessTokenRejectedError";
  readonly status: 401 | 403;

  constructor(status: 401 | 403) {
    super("Payment rejected this access token. Sign in again.");
    this.status = status;
  }
}
