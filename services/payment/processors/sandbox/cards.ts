import type { BehaviourName } from "./behaviours.ts";

/** A card that the sandbox knows. */
export interface TestCard {
  number: string;
  brand: string;
  behaviour: BehaviourName;
  /** What may be sent in place of the card: the names of Stripe's PaymentMethods. */
  tokens: readonly string[];
}

/**
 * Stripe's test cards, and what Stripe's test mode does with them: https://docs.stripe.com/testing. Where the sandbox differs:
 * - All are taken as cards, and declined when they are charged: there is nothing to attach a card to before that.
 * - The cards that ask for 3-D Secure do so with every charge: the sandbox doesn't tell on-session from off-session.
 * - A refund that fails later is pending until then, where Stripe calls it succeeded at first.
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
  // 3-D Secure is possible, and nobody asks for it.
  ...visa("succeeds", {
    "4000000000003055": ["pm_card_threeDSecureOptional"],
    "4000000000003097": ["pm_card_threeDSecureOptionalProcessingError"],
  }),

  ...visa("refund_pending", { "4000000000007726": ["pm_card_pendingRefund"] }),
  ...visa("refund_fails_later", { "4000000000005126": ["pm_card_refundFail"] }),
];

/** Marquee's own: what a processor and the way to it may do besides. Stripe has none with 4000 9900. */
const own: readonly TestCard[] = [
  // Charged, and the first answer is lost: asked again with the same key, it says that it succeeded.
  ...visa("answer_lost", { "4000990000000012": ["pm_card_answerLost"] }),
  // Not reached the first time; the same key is charged the second time.
  ...visa("unreachable_once", {
    "4000990000000020": ["pm_card_unreachableOnce"],
  }),
  // Not reached three times; charged the fourth time.
  ...visa("unreachable_thrice", {
    "4000990000000038": ["pm_card_unreachableThrice"],
  }),
  // `processing` first, and succeeded a little later.
  ...visa("processing", { "4000990000000046": ["pm_card_processing"] }),
  // `processing` first, and declined a little later: card_declined.
  ...visa("processing_declined", {
    "4000990000000053": ["pm_card_processingDeclined"],
  }),
  // Charged, and a refund fails at once: expired_or_canceled_card.
  ...visa("refund_fails", { "4000990000000061": ["pm_card_refundFailAtOnce"] }),
  // Charged, and the first answer to a refund is lost: the same key says that it succeeded.
  ...visa("refund_answer_lost", {
    "4000990000000079": ["pm_card_refundAnswerLost"],
  }),
  // The first charge goes through, the later ones are declined: insufficient_funds. A token would be everybody's: there is none.
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

/** All of them. */
export const testCards: readonly TestCard[] = [...stripe, ...own];

/** By their numbers, without spaces. */
export const cardsByNumber: ReadonlyMap<string, TestCard> = new Map(
  testCards.map((card) => [card.number, card]),
);

/** By the tokens that everybody may use. */
export const cardsByToken: ReadonlyMap<string, TestCard> = new Map(
  testCards.flatMap((card) => card.tokens.map((token) => [token, card])),
);
