import type Stripe from "stripe";
import {
  type Card,
  InvalidCardError,
  type MethodSummary,
  type Processor,
} from "../processor.ts";
import type { StripeClient } from "./client.ts";
import {
  classifyError,
  describeRejection,
  type StripeError,
  unavailableError,
} from "./errors.ts";

/** Maps the end of Stripe's code or parameter to the invalid field. */
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
  client: StripeClient,
): Pick<Processor, "tokenize" | "describe"> {
  const { api, startDeadline: begin } = client;

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
        throw tokenizeError(error, client);
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
        // Belongs to a customer, and the client may be another one.
        if (customer) return undefined;
        // The client's token, not Stripe's id: pm_card_visa resolves to a new id each time.
        return card ? summaryOf(token, card) : undefined;
      } catch (error) {
        const [failure, known] = classifyError(error);
        if (failure === "refused") return undefined;
        throw unavailableError(known, client);
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

/** Why a card was not accepted, without any card data. */
function tokenizeError(error: unknown, client: StripeClient): Error {
  const [failure, known] = classifyError(error);
  const field = fieldOf(known);
  if (failure === "declined")
    return new InvalidCardError(
      field ?? "number",
      known.code ?? "card_declined",
      client.redact(known.message),
    );
  if (failure !== "refused") return unavailableError(known, client);
  const { code } = describeRejection(known, {}, client);
  if (/card (data|numbers)/i.test(known.message))
    return new InvalidCardError(
      "number",
      "raw_card_data_not_allowed",
      "Card numbers are not accepted here: send a token (pm_…) that Stripe.js created",
    );
  if (field) return new InvalidCardError(field, code, "is invalid");
  return new Error(
    `Stripe does not accept the card's data (${code}): ${client.redact(known.message)}`,
  );
}
