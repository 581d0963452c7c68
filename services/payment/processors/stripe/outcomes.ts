import type Stripe from "stripe";
import type { ChargeOutcome, RefundOutcome } from "../processor.ts";
import type { StripeError } from "./errors.ts";

type Declined = Extract<ChargeOutcome, { status: "declined" }>;

/** Why a card was declined, in errors and PaymentIntents. */
interface DeclineReason {
  code?: string | undefined;
  decline_code?: string | undefined;
  message?: string | undefined;
  type?: string | undefined;
}

/** Codes that Stripe asks not to reveal, because the customer may be a thief. https://docs.stripe.com/declines/codes */
const undisclosedCodes = [
  "fraudulent",
  "lost_card",
  "stolen_card",
  "merchant_blacklist",
];

function declined(
  reason: DeclineReason,
  reference: string | undefined,
): Declined {
  // The Stripe client uses "" for missing codes.
  const code = reason.decline_code || reason.code || "card_declined";
  const disclosed = !undisclosedCodes.includes(code);
  // Only Stripe's messages about declines are for customers: https://docs.stripe.com/api/errors
  const message = reason.type === "card_error" && disclosed && reason.message;
  return {
    status: "declined",
    ...(reference !== undefined && { reference }),
    code: disclosed ? code : "generic_decline",
    message: message || "Your card was declined.",
  };
}

/** @param error a card_error */
export const declineFromError = ({
  code,
  decline_code,
  message,
  rawType: type,
  payment_intent,
}: StripeError): Declined =>
  declined({ code, decline_code, message, type }, payment_intent?.id);

/** The bank requires authentication, and the customer could not be sent there. */
export const authenticationRequired = (reference: string): Declined => ({
  status: "declined",
  reference,
  code: "authentication_required",
  message:
    "Your bank asks you to confirm this payment, which can't be done here.",
});

/** Stripe's own type also allows any string. */
type KnownStatus =
  | Exclude<ChargeOutcome["status"], "declined">
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_capture";

/**
 * The outcome of a charge. Undefined if it waits for something that will not happen and has to be canceled: charges are
 * confirmed and captured when they are created, and the only customer action is a redirect.
 */
export function chargeOutcome(
  intent: Stripe.PaymentIntent,
): ChargeOutcome | undefined {
  const { id: reference, last_payment_error: error } = intent;
  const status = intent.status as KnownStatus;
  switch (status) {
    case "succeeded":
    case "processing":
    case "canceled":
      return { status, reference };
    case "requires_action": {
      const url = intent.next_action?.redirect_to_url?.url;
      return url ? { status, reference, nextAction: { url } } : undefined;
    }
    case "requires_payment_method":
      return error ? declined(error, reference) : undefined;
    default: // requires_confirmation, requires_capture, future statuses
      return undefined;
  }
}

/**
 * The outcome of a refund. The money of a failed refund is back in the account:
 * https://docs.stripe.com/refunds#failed-refunds
 */
export function refundOutcome(refund: Stripe.Refund): RefundOutcome {
  const { id: reference, status, failure_reason: reason } = refund;
  switch (status) {
    case "succeeded":
      return { status, reference };
    case "failed":
      return {
        status,
        code: reason ?? "unknown",
        message: `The refund failed at the card's bank (${reason ?? "it did not say why"}).`,
      };
    case "canceled":
      return {
        status: "failed",
        code: "canceled",
        message: "The refund was canceled at Stripe.",
      };
    default: // pending; requires_action: the customer has to say where the money goes
      return { status: "pending", reference };
  }
}
