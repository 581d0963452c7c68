import { problem } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { NotNow, RefundTooLarge } from "../payments/payment.ts";
import { ProcessorUnavailable } from "../processors/processor.ts";
import { MethodRefused } from "./payment-method.ts";

/** A problem for each of the domain's errors. Others are the runtime's. */
export function onError(error: Error, c: Context): Response {
  const { message } = error;
  if (error instanceof NotNow) return problem(c, 409, message);
  if (error instanceof RefundTooLarge)
    return unacceptable(c, "/amount", message);
  if (error instanceof MethodRefused)
    return unacceptable(c, error.pointer, message, { code: error.code });
  // Only before something was written down: afterwards it is found out what became of it.
  if (error instanceof ProcessorUnavailable)
    throw new HTTPException(503, {
      message:
        "Who moves the money does not answer now, and nothing was charged. Try again shortly.",
      cause: error,
      res: new Response(null, { headers: { "retry-after": "2" } }), // seconds
    });
  throw error;
}

const unacceptable = (
  c: Context,
  pointer: string,
  detail: string,
  more: Record<string, string> = {},
) =>
  problem(
    c,
    422,
    `The body is not as expected: ${pointer.slice(1)}: ${detail}.`,
    { errors: [{ pointer, detail }], ...more },
  );
