import { problem } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import {
  IdempotencyKeyInFlightError,
  IdempotencyKeyReusedError,
} from "../idempotency/keys.ts";
import { InvalidStateError, RefundTooLargeError } from "../payments/payment.ts";
import { ProcessorUnavailableError } from "../processors/processor.ts";
import { InvalidPaymentMethodError } from "./payment-method.ts";

/** Turns domain errors into problem responses. Service-kit handles all others. */
export function onError(error: Error, c: Context): Response {
  const { message } = error;
  if (error instanceof InvalidStateError) return problem(c, 409, message);
  if (error instanceof IdempotencyKeyReusedError)
    return problem(c, 422, message);
  if (error instanceof IdempotencyKeyInFlightError)
    throw retryable(409, message, { seconds: 1, cause: error });
  if (error instanceof RefundTooLargeError)
    return invalidField(c, "/amount", message);
  if (error instanceof InvalidPaymentMethodError)
    return invalidField(c, error.pointer, message, { code: error.code });
  // Only thrown before the payment is stored: after that, the outcome is looked up.
  if (error instanceof ProcessorUnavailableError)
    throw retryable(
      503,
      "The payment processor is unavailable, and nothing was charged. Try again shortly.",
      { seconds: 2, cause: error },
    );
  throw error;
}

const retryable = (
  status: 409 | 503,
  message: string,
  { seconds, cause }: { seconds: number; cause: Error },
) =>
  new HTTPException(status, {
    message,
    cause,
    res: new Response(null, { headers: { "retry-after": `${seconds}` } }),
  });

const invalidField = (
  c: Context,
  pointer: string,
  detail: string,
  more: Record<string, string> = {},
) =>
  problem(c, 422, `The body is invalid: ${pointer.slice(1)}: ${detail}.`, {
    errors: [{ pointer, detail }],
    ...more,
  });
