import { HTTPException } from "hono/http-exception";

/**
 * What payment would have to say can't be said now: it does not answer. To a client it is a 503 with Retry-After; `cause` is what
 * happened, for the log.
 */
export class PaymentAway extends HTTPException {
  override readonly name = "PaymentAway";

  constructor(cause: unknown) {
    super(503, {
      message:
        "Subscriptions and payments can't be asked for now. Try again shortly.",
      cause,
      res: new Response(null, { headers: { "retry-after": "5" } }), // seconds: until the circuit breaker tries again
    });
  }
}
