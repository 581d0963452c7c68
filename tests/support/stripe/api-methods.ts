import { ApiError, invalid } from "./api-answers.ts";
import { id, nested } from "./api-objects.ts";

/** Creates a PaymentMethod from a card. @throws ApiError */
export function newMethod(form: URLSearchParams, rawCardData: boolean) {
  const card = nested(form, "card");
  const { number = "" } = card;
  if (!rawCardData)
    throw invalid(
      "Sending credit card numbers directly to the Stripe API is generally unsafe. To continue processing use Stripe.js, the Stripe mobile bindings, or Stripe Elements. If you are qualified to handle card data directly, see https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis.",
    );
  const wrong = (code: string, param: string, message: string) =>
    new ApiError(402, "card_error", message, { code, param });
  if (!/^\d{12,19}$/.test(number))
    throw wrong("invalid_number", "number", `${number} is not a card number.`);
  if (number === "4242424242424241")
    throw wrong("incorrect_number", "number", "Your card number is incorrect.");
  if (Number(card.exp_year) < new Date().getFullYear())
    throw wrong(
      "invalid_expiry_year",
      "exp_year",
      "Your card's expiration year is invalid.",
    );
  if (!/^\d{3,4}$/.test(card.cvc ?? ""))
    throw wrong("invalid_cvc", "cvc", "Your card's security code is invalid.");
  if (Number(card.exp_month) > 12)
    throw invalid(`Invalid exp_month for card ${number}`, {
      code: "parameter_invalid_integer",
      param: "card[exp_month]",
    });
  return {
    id: id("pm"),
    object: "payment_method",
    type: "card",
    customer: null,
    asks: number === "4000002760003184",
    card: {
      brand: number.startsWith("5") ? "mastercard" : "visa",
      last4: number.slice(-4),
    },
  };
}

export const visa = (id: string) => ({
  id,
  object: "payment_method",
  type: "card",
  customer: null,
  card: { brand: "visa", last4: "4242" },
});
