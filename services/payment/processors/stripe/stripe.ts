import type { Processor } from "../processor.ts";
import { createCharges } from "./charges.ts";
import { openClient, type StripeOptions } from "./client.ts";
import { createMethods } from "./payment-methods.ts";
import { createRefunds } from "./refunds.ts";
import { createReadWebhook } from "./verify-webhook.ts";

/** Stripe, and what reads its webhooks. */
export interface StripeProcessor extends Processor {
  readonly name: "stripe";
  readWebhook: ReturnType<typeof createReadWebhook>;
}

/**
 * Charges cards at Stripe, by PaymentIntents.
 *
 * **Setting up.** STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET come from the Dashboard, where an endpoint is registered for
 * https://<the service>/webhooks/stripe with the events payment_intent.* and refund.* and no others (each may have 64 KiB).
 * Clients send the token (pm_…) that Stripe.js or Stripe's mobile SDKs make of a card. Card numbers themselves are taken only
 * where Stripe has given the account access to raw card data, and the service is then in the scope of PCI DSS:
 * https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis
 *
 * **Once at most.** `charge` is idempotent by key as long as Stripe knows the key: 24 hours at least, from the first time that
 * it came there. Who repeats a charge whose key may be older asks `find(key)` first, and charges only if there is nothing: Stripe's
 * search shows a PaymentIntent after a minute, or after an hour when Stripe is in trouble, and what is newer than that the key
 * still protects. So neither alone is enough, and both together are. (Accounts in India have no search: there such payments wait.)
 * `refund` needs no such care: it looks through the charge's refunds before it makes one.
 *
 * **Errors.** A card that is declined, and a request that Stripe refuses as such (too small an amount, a currency it does not
 * have, a token that is used up) are `declined`. Rate limits, a key that is in use, a lost answer, a secret key that is not
 * valid: ProcessorUnavailable, so that the payment waits and is asked for again. After a 5xx, which Stripe repeats for the key for
 * 24 hours, `charge` searches for what became of it.
 *
 * **Subscriptions.** A card that is to be charged again is attached to a Customer by its first charge (customers.ts); a token of
 * such a card is not taken from a client any more.
 *
 * **What waits for nobody.** A PaymentIntent that needs an action without a redirect, a confirmation or a capture is canceled when
 * it is seen, as nothing here would ever go on with it.
 *
 * @throws Error where an option can't be right
 */
export function createStripe(options: StripeOptions): StripeProcessor {
  const client = openClient(options);
  return {
    name: "stripe",
    ...createMethods(client),
    ...createCharges(client),
    ...createRefunds(client),
    readWebhook: createReadWebhook(client.api, options.webhookSecret),
  };
}
