import type Stripe from "stripe";
import {
  type Card,
  CardRefused,
  type MethodSummary,
  type Processor,
} from "../processor.ts";
import type { Client } from "./client.ts";
import {
  failureOf,
  refusalOf,
  type StripeError,
  unavailable,
} from "./errors.ts";

/** Which field a mistake is in, by the end of Stripe's code or parameter. */
const fields: [RegExp, keyof Card][] = [
  [/exp(iry)?_month\]?$/, "expMonth"],
  [/exp(iry)?_year\]?$|^expired_card$/, "expYear"],
  [/cvc\]?$/, "cvc"],
  [/number\]?$/, "number"],
];

const fieldOf = ({ code = "", param = "" }: StripeError) =>
  (fields.find(([end]) => end.test(code)) ??
    fields.find(([end]) => end.test(param)))?.[1];

export function createMethods(
  client: Client,
): Pick<Processor, "tokenize" | "describe"> {
  const { api, begin } = client;

  return {
    async tokenize({ number, expMonth, expYear, cvc }) {
      const left = begin();
      try {
        const method = await api.paymentMethods.create(
          {
            type: "card",
            card: {
              number: number.replace(/[ -]/g, ""),
              exp_month: expMonth,
              exp_year: expYear,
              cvc,
            },
          },
          left(),
        );
        return summaryOf(method.id, method.card);
      } catch (error) {
        throw whyNot(error, client);
      }
    },

    async describe(token) {
      if (!/^pm_\w+$/.test(token)) return undefined;
      const left = begin();
      try {
        const { card, customer } = await api.paymentMethods.retrieve(
          token,
          {},
          left(),
        );
        // It is kept for somebody, and whoever sends it may be somebody else.
        if (customer) return undefined;
        // Not the id that Stripe answers with: pm_card_visa is another card each time.
        return card ? summaryOf(token, card) : undefined;
      } catch (error) {
        const [failure, known] = failureOf(error);
        if (failure === "refused") return undefined;
        throw unavailable(known, client);
      }
    },
  };
}

const summaryOf = (
  token: string,
  card: Stripe.PaymentMethod.Card | undefined,
): MethodSummary => ({
  token,
  brand: card?.brand ?? "unknown",
  last4: card?.last4 ?? "",
});

/** Why a card was not taken. Nothing of the card is in it. */
function whyNot(error: unknown, client: Client): Error {
  const [failure, known] = failureOf(error);
  const field = fieldOf(known);
  if (failure === "declined")
    return new CardRefused(
      field ?? "number",
      known.code ?? "card_declined",
      client.clean(known.message),
    );
  if (failure !== "refused") return unavailable(known, client);
  const { code } = refusalOf(known, {}, client);
  if (/card (data|numbers)/i.test(known.message))
    return new CardRefused(
      "number",
      "raw_card_data_not_allowed",
      "Card numbers are not taken here: send the token (pm_…) that Stripe.js makes of a card",
    );
  if (field)
    return new CardRefused(field, code, "is not what Stripe takes for it");
  return new Error(
    `Stripe does not take the card's data (${code}): ${client.clean(known.message)}`,
  );
}
