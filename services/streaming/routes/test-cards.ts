import type { TestCard } from "../pages/subscribe.ts";

/** A selection of Stripe's test cards; the sandbox accepts more (services/payment/processors/sandbox/cards.ts). */
export const testCards: readonly TestCard[] = [
  { number: "4242424242424242", what: "Is charged." },
  {
    number: "4000002500003155",
    what: "The bank asks you to confirm the payment.",
  },
  { number: "4000000000000002", what: "Is declined." },
  { number: "4000000000009995", what: "Is declined: insufficient funds." },
];
