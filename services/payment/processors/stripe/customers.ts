import type Stripe from "stripe";
import type { ChargeRequest } from "../processor.ts";
import type { StripeClient } from "./client.ts";

/** Additional parameters of a PaymentIntent whose card is charged again later. */
export type ReusableCardParams = Pick<
  Stripe.PaymentIntentCreateParams,
  "customer" | "setup_future_usage" | "off_session"
>;

/**
 * Attaches cards that are charged again to a Customer: otherwise Stripe accepts a PaymentMethod only once.
 *
 * The first charge, with the customer present, creates a Customer, to which Stripe attaches the card if the charge
 * succeeds. Later charges are off-session. If the bank requires authentication then, the charge is declined with
 * authentication_required, and the user has to enter a card again. https://docs.stripe.com/payments/save-during-payment
 */
export function createCustomers({ api }: StripeClient) {
  return {
    /**
     * Returns the same parameters for the same request, as Stripe requires with one key. The Customer's metadata names
     * the charge it was created for, so that a repeated charge is recognized after the card was attached.
     * @throws the Stripe client's errors
     */
    async keep(
      { key, token }: Pick<ChargeRequest, "key" | "token">,
      left: () => { timeout: number },
    ): Promise<ReusableCardParams> {
      const { customer } = await api.paymentMethods.retrieve(
        token,
        { expand: ["customer"] },
        left(),
      );
      if (customer && !isMadeFor(customer, key))
        return { customer: idOf(customer), off_session: true };
      const own =
        customer ??
        (await api.customers.create(
          { metadata: { key } },
          { ...left(), idempotencyKey: `${key}:customer` },
        ));
      return { customer: idOf(own), setup_future_usage: "off_session" };
    },
  };
}

type Customer = NonNullable<Stripe.PaymentMethod["customer"]>;

const idOf = (customer: Customer) =>
  typeof customer === "string" ? customer : customer.id;

const isMadeFor = (customer: Customer, key: string) =>
  typeof customer === "object" &&
  "metadata" in customer &&
  customer.metadata.key === key;
