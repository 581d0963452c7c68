/**
 * Why a charge is declined, in Stripe's codes (its decline code where it has one) and words for who pays. A bank does not say
 * to them that a card is lost or stolen. https://docs.stripe.com/declines/codes, https://docs.stripe.com/error-codes
 */
export const declines = {
  card_declined: "Your card was declined.",
  insufficient_funds: "Your card has insufficient funds.",
  lost_card: "Your card was declined.",
  stolen_card: "Your card was declined.",
  fraudulent: "Your card was declined.",
  expired_card: "Your card has expired.",
  incorrect_cvc: "Your card's security code is incorrect.",
  processing_error:
    "An error occurred while processing your card. Try again in a little bit.",
  card_velocity_exceeded:
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
  payment_intent_authentication_failure:
    "Your bank could not confirm that it is you. Try again, or use another card.",
  /** What `charge` and `find` say of a charge that was given up. */
  canceled: "The payment was canceled, and nothing was charged.",
  resource_missing: "There is no such payment method.",
} as const;

export type DeclineCode = keyof typeof declines;

/** Why a refund fails, in Stripe's codes. */
export const refundFailures = {
  expired_or_canceled_card: "The card has expired or was canceled.",
  charge_already_refunded: "All of the charge is given back already.",
  amount_too_large: "That is more than what is left of the charge.",
  charge_not_refundable: "Only a charge that succeeded can be given back.",
} as const;

export type RefundFailure = keyof typeof refundFailures;
