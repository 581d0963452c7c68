/**
 * Stripe's decline codes with messages for the customer. Lost and stolen cards look like any decline: banks don't tell.
 * https://docs.stripe.com/declines/codes, https://docs.stripe.com/error-codes
 */
export const declineMessages = {
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
  /** `charge` and `find` return this for canceled charges. */
  canceled: "The payment was canceled, and nothing was charged.",
  resource_missing: "There is no such payment method.",
} as const;

export type DeclineCode = keyof typeof declineMessages;

/** Stripe's codes for failed refunds. */
export const refundFailureMessages = {
  expired_or_canceled_card: "The card has expired or was canceled.",
  charge_already_refunded: "The charge is fully refunded already.",
  amount_too_large: "That is more than what is left of the charge.",
  charge_not_refundable: "Only a charge that succeeded can be refunded.",
} as const;

export type RefundFailure = keyof typeof refundFailureMessages;
