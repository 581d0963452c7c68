import { logger } from "@marquee/service-kit";
import Stripe from "stripe";
import { ProcessorUnavailable } from "../processor.ts";
import type { Client } from "./client.ts";

export type StripeError = Stripe.errors.StripeError;

/**
 * What an error of Stripe's says of a request:
 * - declined: a bank, or Stripe in its place, said no; nothing moved;
 * - refused: it can't be done, and asking again would give the same; nothing moved;
 * - mismatch: its key was used before, for a request that was not the same; what became of that one is not said;
 * - failed: something went wrong at Stripe, before or after money moved. Stripe keeps this answer for the key, too;
 * - unknown: it was not looked at, or the answer is lost: ask again.
 *
 * https://docs.stripe.com/error-low-level, https://docs.stripe.com/api/idempotent_requests
 */
export type Failure =
  | "declined"
  | "refused"
  | "mismatch"
  | "failed"
  | "unknown";

/** @throws what is no error of Stripe's */
export function failureOf(error: unknown): [Failure, StripeError] {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  return [kindOf(error), error];
}

function kindOf({ type, rawType, statusCode = 0 }: StripeError): Failure {
  if (rawType === "card_error") return "declined";
  if (type === "StripeIdempotencyError") return "mismatch";
  // Not by the status alone: a rate limit may be a 400, and a 402 may be no card's fault.
  if (type === "StripeRateLimitError") return "unknown";
  if (
    rawType === "invalid_request_error" &&
    [400, 402, 404].includes(statusCode)
  )
    return "refused";
  // 409: a request with this key is being handled.
  if (type === "StripeAPIError" && statusCode !== 409) return "failed";
  return "unknown";
}

/**
 * What is thrown where nothing is known. Never the error of Stripe's itself: that has headers, objects, and whatever the request
 * had, and all of it would be logged.
 */
export function unavailable(
  error: StripeError,
  { clean }: Client,
): ProcessorUnavailable {
  const { type, statusCode, requestId, message } = error;
  const request = requestId ? `, request ${requestId}` : "";
  if (statusCode === 401 || statusCode === 403) {
    const reason = `Stripe does not take STRIPE_SECRET_KEY (${statusCode}${request}): ${clean(message)} Give the payment service a key that is valid and may do this; until then payments wait.`;
    logger.error({ statusCode, requestId }, reason);
    return new ProcessorUnavailable(reason);
  }
  if (type === "StripeConnectionError")
    return new ProcessorUnavailable(
      `Stripe can't be reached: ${clean(message)}`,
    );
  const status = statusCode ? `answered ${statusCode}` : "gave no answer";
  return new ProcessorUnavailable(
    `Stripe ${status}${request}: ${clean(message)}`,
  );
}

/** Why Stripe refused a request: its code, and for operators the log has the rest. */
export function refusalOf(
  error: StripeError,
  what: Record<string, string>,
  { clean }: Client,
): { code: string; message: string } {
  const { code, param, requestId } = error;
  const message = clean(error.message);
  logger.warn(
    { ...what, code, param, requestId },
    `Stripe refused: ${message}`,
  );
  // Some have no code: a currency that it does not have, a card that was used up.
  const known = sentences.get(code ?? "") ?? sentences.get(`param ${param}`);
  return known ?? { code: code ?? "invalid_request", message: general };
}

const general = "The payment can't be made as it was asked for.";

/** What Stripe writes about refused requests is for developers. These are for who pays; codes as Stripe's, where it has one. */
const sentences = new Map([
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
