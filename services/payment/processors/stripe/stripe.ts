import type { Processor } from "../processor.ts";
import { createCharges } from "./charges.ts";
import { createStripeClient, type StripeOptions } from "./client.ts";
import { createMethods } from "./payment-methods.ts";
import { createRefunds } from "./refunds.ts";
import { createWebhookVerifier } from "./verify-webhook.ts";

/** Stripe, with the verification of its webhooks. */
export interface StripeProcessor extends Processor {
  readonly name: "stripe";
  verifyWebhook: ReturnType<typeof createWebhookVerifier>;
}

/**
 * Charges cards with Stripe PaymentIntents.
 *
 * **Setup.** STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET come from the Dashboard. Register an endpoint there for
 * https://<the service>/webhooks/stripe with the events payment_intent.* and refund.* and no others (each body may have
 * up to 64 KiB). Clients send the token (pm_…) that Stripe.js or Stripe's mobile SDKs create. Card numbers are accepted
 * only if Stripe has given the account access to raw card data, which puts the service in the scope of PCI DSS:
 * https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis
 *
 * **At most once.** `charge` is idempotent as long as Stripe remembers the key: at least 24 hours after its first use.
 * Before repeating a charge with an older key, call `find(key)`, and charge only if it finds nothing: Stripe's search
 * finds a PaymentIntent after a minute, or an hour during an incident, and the key protects newer ones. So neither
 * alone is enough, and both together are. (Accounts in India have no search: such payments wait.) `refund` looks
 * through the charge's refunds before it creates one.
 *
 * **Errors.** Declined cards and invalid requests (amount too small, unsupported currency, used-up token) are
 * `declined`. Rate limits, keys in use, lost responses and an invalid secret key are ProcessorUnavailableError: the
 * payment waits and is retried. After a 5xx, which Stripe replays for the key for 24 hours, `charge` searches for the
 * outcome.
 *
 * **Subscriptions.** The first charge attaches the card to a Customer (customers.ts). After that, clients can't use its
 * token any more.
 *
 * **Stuck charges.** A PaymentIntent that needs confirmation, capture, or an action without a redirect is canceled when
 * it is seen, since nothing would ever complete it.
 *
 * @throws Error if an option is invalid
 */
export function createStripe(options: StripeOptions): StripeProcessor {
  const client = createStripeClient(options);
  return {
    name: "stripe",
    ...createMethods(client),
    ...createCharges(client),
    ...createRefunds(client),
    verifyWebhook: createWebhookVerifier(client.api, options.webhookSecret),
  };
}
