import { HTTPException } from "hono/http-exception";

/** Payment does not answer, or not with a valid response. `cause` holds the details for the log. */
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
