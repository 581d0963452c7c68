import type { BehaviourName } from "./behaviours.ts";

/** A card that the sandbox accepts. */
export interface TestCard {
  number: string;
  brand: string;
  behaviour: BehaviourName;
  /** Tokens that can be sent instead of the card: the names of Stripe's test PaymentMethods. */
  tokens: readonly string[];
}

/**
 * Stripe's test cards, which behave as in Stripe's test mode: https://docs.stripe.com/testing. Differences:
 * - Cards are never declined when they are tokenized, only when charged: the sandbox has no customers to attach them
 *   to.
 * - Cards with 3-D Secure ask for it on every charge: the sandbox does not distinguish on-session from off-session.
 * - A refund that fails later is pending until then; at Stripe it succeeds at first.
 */
const stripe: readonly TestCard[] = [
  card("4242424242424242", "visa", "succeeds", "pm_card_visa"),
  card("4000056655665556", "visa", "succeeds", "pm_card_visa_debit"),
  card("5555555555554444", "mastercard", "succeeds", "pm_card_mastercard"),
  card("2223003122003222", "mastercard", "succeeds"),
  card(
    "5200828282828210",
    "mastercard",
    "succeeds",
    "pm_card_mastercard_debit",
  ),
  card(
    "5105105105105100",
    "mastercard",
    "succeeds",
    "pm_card_mastercard_prepaid",
  ),
  card(
    "378282246310005",
    "amex",
    "succeeds",
    "pm_card_amex",
    "pm_card_amex_threeDSecureNotSupported",
  ),
  card("371449635398431", "amex", "succeeds"),
  card("6011111111111117", "discover", "succeeds", "pm_card_discover"),
  card("6011000990139424", "discover", "succeeds"),
  card("6011981111111113", "discover", "succeeds"),
  card("3056930009020004", "diners", "succeeds", "pm_card_diners"),
  card("36227206271667", "diners", "succeeds"),
  card("3566002020360505", "jcb", "succeeds", "pm_card_jcb"),
  card("6200000000000005", "unionpay", "succeeds", "pm_card_unionpay"),
  card("6200000000000047", "unionpay", "succeeds"),
  card("6205500000000000004", "unionpay", "succeeds"),

  ...visa("card_declined", {
    "4000000000000002": [
      "pm_card_visa_chargeDeclined",
      "pm_card_chargeDeclined",
    ],
    "4000000000000341": ["pm_card_chargeCustomerFail"],
    "4000008400001280": ["pm_card_threeDSecureRequiredProcessingError"],
  }),
  ...visa("insufficient_funds", {
    "4000000000009995": [
      "pm_card_visa_chargeDeclinedInsufficientFunds",
      "pm_card_chargeDeclinedInsufficientFunds",
    ],
  }),
  ...visa("lost_card", {
    "4000000000009987": [
      "pm_card_visa_chargeDeclinedLostCard",
      "pm_card_chargeDeclinedLostCard",
    ],
  }),
  ...visa("stolen_card", {
    "4000000000009979": [
      "pm_card_visa_chargeDeclinedStolenCard",
      "pm_card_chargeDeclinedStolenCard",
    ],
  }),
  ...visa("expired_card", {
    "4000000000000069": ["pm_card_chargeDeclinedExpiredCard"],
  }),
  ...visa("incorrect_cvc", {
    "4000000000000127": ["pm_card_chargeDeclinedIncorrectCvc"],
  }),
  ...visa("processing_error", {
    "4000000000000119": ["pm_card_chargeDeclinedProcessingError"],
  }),
  ...visa("card_velocity_exceeded", {
    "4000000000006975": ["pm_card_visa_chargeDeclinedVelocityLimitExceeded"],
  }),
  ...visa("fraudulent", {
    "4100000000000019": [
      "pm_card_radarBlock",
      "pm_card_chargeDeclinedFraudulent",
    ],
  }),

  ...visa("action", {
    "4000002760003184": ["pm_card_authenticationRequired"],
    "4000002500003155": ["pm_card_authenticationRequiredOnSetup"],
    "4000003800000446": ["pm_card_authenticationRequiredSetupForOffSession"],
    "4000000000003220": ["pm_card_threeDSecure2Required"],
  }),
  ...visa("action_insufficient_funds", {
    "4000008260003178": [
      "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    ],
  }),
  ...visa("action_card_declined", {
    "4000008400001629": ["pm_card_threeDSecureRequiredChargeDeclined"],
  }),
  // 3-D Secure is optional, and not requested.
  ...visa("succeeds", {
    "4000000000003055": ["pm_card_threeDSecureOptional"],
    "4000000000003097": ["pm_card_threeDSecureOptionalProcessingError"],
  }),

  ...visa("refund_pending", { "4000000000007726": ["pm_card_pendingRefund"] }),
  ...visa("refund_fails_later", { "4000000000005126": ["pm_card_refundFail"] }),
];

/** Marquee's own cards, for failures that Stripe has no cards for. Stripe has no numbers that start with 4000 9900. */
const own: readonly TestCard[] = [
  // Charged, but the first response is lost. Retrying with the same key returns success.
  ...visa("answer_lost", { "4000990000000012": ["pm_card_answerLost"] }),
  // Unavailable at the first call. The second call with the same key charges.
  ...visa("unreachable_once", {
    "4000990000000020": ["pm_card_unreachableOnce"],
  }),
  // Unavailable for three calls. The fourth one charges.
  ...visa("unreachable_thrice", {
    "4000990000000038": ["pm_card_unreachableThrice"],
  }),
  // `processing` at first, succeeds a little later.
  ...visa("processing", { "4000990000000046": ["pm_card_processing"] }),
  // `processing` at first, declined a little later with card_declined.
  ...visa("processing_declined", {
    "4000990000000053": ["pm_card_processingDeclined"],
  }),
  // Charged. Refunds fail at once with expired_or_canceled_card.
  ...visa("refund_fails", { "4000990000000061": ["pm_card_refundFailAtOnce"] }),
  // Charged. The first response to a refund is lost; retrying with the same key returns success.
  ...visa("refund_answer_lost", {
    "4000990000000079": ["pm_card_refundAnswerLost"],
  }),
  // The first charge succeeds, later ones are declined with insufficient_funds. No token: all users would share its
  // history.
  ...visa("only_first", { "4000990000000087": [] }),
];

function card(
  number: string,
  brand: string,
  behaviour: BehaviourName,
  ...tokens: string[]
): TestCard {
  return { number, brand, behaviour, tokens };
}

function visa(
  behaviour: BehaviourName,
  numbers: Record<string, readonly string[]>,
): TestCard[] {
  return Object.entries(numbers).map(([number, tokens]) =>
    card(number, "visa", behaviour, ...tokens),
  );
}

export const testCards: readonly TestCard[] = [...stripe, ...own];

/** By number, without spaces. */
export const cardsByNumber: ReadonlyMap<string, TestCard> = new Map(
  testCards.map((card) => [card.number, card]),
);

/** By public token. */
export const cardsByToken: ReadonlyMap<string, TestCard> = new Map(
  testCards.flatMap((card) => card.tokens.map((token) => [token, card])),
);
