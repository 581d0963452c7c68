import type Stripe from "stripe";
import type { ChargeRequest } from "../processor.ts";
import type { Client } from "./client.ts";

/** What a PaymentIntent has besides, so that its card can be charged again. */
export type Kept = Pick<
  Stripe.PaymentIntentCreateParams,
  "customer" | "setup_future_usage" | "off_session"
>;

/**
 * Keeps cards that are to be charged again: Stripe lets a PaymentMethod be used once, unless it is attached to a Customer.
 *
 * The first charge, when who pays is there, makes a Customer, and Stripe attaches the card to it if that charge goes well. From
 * then on it is charged without them (off session). A bank that asks for them then gets no answer: the charge is declined with
 * authentication_required, and who pays has to come and pay with a card. https://docs.stripe.com/payments/save-during-payment
 */
export function createCustomers({ api }: Client) {
  return {
    /**
     * The same for the same request, as Stripe wants it of requests with one key: a Customer says by its metadata for which
     * charge it was made, so that this one is known when it is repeated after the card was attached.
     * @throws as Stripe's client does
     */
    async keep(
      { key, token }: Pick<ChargeRequest, "key" | "token">,
      left: () => { timeout: number },
    ): Promise<Kept> {
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
