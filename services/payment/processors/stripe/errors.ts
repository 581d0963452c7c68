import { logger } from "@marquee/service-kit";
import Stripe from "stripe";
import { ProcessorUnavailableError } from "../processor.ts";
import type { StripeClient } from "./client.ts";

export type StripeError = Stripe.errors.StripeError;

/**
 * What a Stripe error means for the request:
 * - declined: a bank, or Stripe in its place, declined; no money moved;
 * - refused: the request is invalid, and repeating it would fail again; no money moved;
 * - mismatch: the key was used before, for a different request, whose outcome is unknown;
 * - failed: an error at Stripe, before or after money moved. Stripe replays this response for the key;
 * - unknown: the request was not processed, or its response is lost: repeat it.
 *
 * https://docs.stripe.com/error-low-level, https://docs.stripe.com/api/idempotent_requests
 */
export type Failure =
  | "declined"
  | "refused"
  | "mismatch"
  | "failed"
  | "unknown";

/** @throws errors that are not Stripe's */
export function classifyError(error: unknown): [Failure, StripeError] {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  return [failureKind(error), error];
}

function failureKind({ type, rawType, statusCode = 0 }: StripeError): Failure {
  if (rawType === "card_error") return "declined";
  if (type === "StripeIdempotencyError") return "mismatch";
  // The status is not enough: a rate limit may be a 400, and a 402 need not concern the card.
  if (type === "StripeRateLimitError") return "unknown";
  if (
    rawType === "invalid_request_error" &&
    [400, 402, 404].includes(statusCode)
  )
    return "refused";
  // 409: a request with this key is in progress.
  if (type === "StripeAPIError" && statusCode !== 409) return "failed";
  return "unknown";
}

/**
 * The error for an unknown outcome. Never exposes Stripe's error, whose headers, objects and request data would be
 * logged.
 */
export function unavailableError(
  error: StripeError,
  { redact: clean }: StripeClient,
): ProcessorUnavailableError {
  const { type, statusCode, requestId, message } = error;
  const request = requestId ? `, request ${requestId}` : "";
  if (statusCode === 401 || statusCode === 403) {
    const reason = `Stripe does not accept STRIPE_SECRET_KEY (${statusCode}${request}): ${clean(message)} Give the payment service a key that is valid and may do this; until then payments wait.`;
    logger.error({ statusCode, requestId }, reason);
    return new ProcessorUnavailableError(reason);
  }
  if (type === "StripeConnectionError")
    return new ProcessorUnavailableError(
      `Stripe can't be reached: ${clean(message)}`,
    );
  const status = statusCode
    ? `responded with ${statusCode}`
    : "sent no valid response";
  return new ProcessorUnavailableError(
    `Stripe ${status}${request}: ${clean(message)}`,
  );
}

/** Returns the code and a message for the customer; logs Stripe's message for operators. */
export function describeRejection(
  error: StripeError,
  what: Record<string, string>,
  { redact: clean }: StripeClient,
): { code: string; message: string } {
  const { code, param, requestId } = error;
  const message = clean(error.message);
  logger.warn(
    { ...what, code, param, requestId },
    `Stripe refused: ${message}`,
  );
  // Errors about unsupported currencies and used-up cards have no code.
  const known =
    customerMessages.get(code ?? "") ?? customerMessages.get(`param ${param}`);
  return known ?? { code: code ?? "invalid_request", message: generalMessage };
}

const generalMessage = "The payment can't be made as requested.";

/** Messages for the customer: Stripe's own are for developers. Codes are Stripe's, where it has one. */
const customerMessages = new Map([
  [
    "amount_too_small",
    {
      code: "amount_too_small",
      message: "The amount is less than can be charged in this currency.",
    },
  ],
  [
    "amount_too_large",
    {
      code: "amount_too_large",
      message:
        "The amount is more than can be charged in this currency at once.",
    },
  ],
  [
    "param currency",
    {
      code: "currency_not_supported",
      message: "Payments in this currency can't be made here.",
    },
  ],
  [
    "param payment_method",
    {
      code: "payment_method_unusable",
      message: "This card can't be used again. Enter it once more.",
    },
  ],
]);
