import type Stripe from "stripe";
import type { ChargeOutcome, RefundOutcome } from "../processor.ts";
import type { StripeError } from "./errors.ts";

type Declined = Extract<ChargeOutcome, { status: "declined" }>;

/** Why a card was declined, as Stripe has it in errors and in PaymentIntents. */
interface Reason {
  code?: string | undefined;
  decline_code?: string | undefined;
  message?: string | undefined;
  type?: string | undefined;
}

/** Stripe asks not to tell who pays of these: they may be a thief. https://docs.stripe.com/declines/codes */
const untold = ["fraudulent", "lost_card", "stolen_card", "merchant_blacklist"];

function declined(reason: Reason, reference: string | undefined): Declined {
  // Stripe's library has "" where Stripe says nothing.
  const code = reason.decline_code || reason.code || "card_declined";
  const told = !untold.includes(code);
  // Stripe's messages of declines, and these alone, are for who pays: https://docs.stripe.com/api/errors
  const message = reason.type === "card_error" && told && reason.message;
  return {
    status: "declined",
    ...(reference !== undefined && { reference }),
    code: told ? code : "generic_decline",
    message: message || "Your card was declined.",
  };
}

/** @param error one that says that a card was declined */
export const declinedOf = ({
  code,
  decline_code,
  message,
  rawType: type,
  payment_intent,
}: StripeError): Declined =>
  declined({ code, decline_code, message, type }, payment_intent?.id);

/** Who pays has to say to the bank that it is them, and could not be sent there. */
export const unauthenticated = (reference: string): Declined => ({
  status: "declined",
  reference,
  code: "authentication_required",
  message:
    "Your bank asks you to confirm this payment, which can't be done here.",
});

/** Stripe's type has any text besides. */
type KnownStatus =
  | Exclude<ChargeOutcome["status"], "declined">
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_capture";

/**
 * Where a charge is. Undefined: it waits for something that nobody will do, as each is confirmed and captured when it is made,
 * and only its redirect is for who pays: then it has to be canceled.
 */
export function outcomeOf(
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
    default: // requires_confirmation, requires_capture; what Stripe may invent
      return undefined;
  }
}

/** Where a refund is. One that failed after a while is in the account again: https://docs.stripe.com/refunds#failed-refunds */
export function refundOutcomeOf(refund: Stripe.Refund): RefundOutcome {
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
    default: // pending; requires_action: who paid has to say where it goes
      return { status: "pending", reference };
  }
}
