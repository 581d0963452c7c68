import {
  type Database,
  factory,
  logger,
  problem,
  type ServiceEnv,
} from "@marquee/service-kit";
import type { Context, Hono } from "hono";
import {
  type Claim,
  claimEvent,
  finishEvent,
  releaseEvent,
} from "./event-claims.ts";
import type { StripeProcessor } from "./stripe.ts";
import { InvalidWebhookError, type WebhookEvent } from "./verify-webhook.ts";

/**
 * Records the current state of a charge or refund. Called at least once per event.
 * @param key the key of the charge or refund; undefined if it was not made by this service
 */
type ChargeNotifier = (
  reference: string,
  key: string | undefined,
) => Promise<void>;

export interface StripeWebhookOptions {
  stripe: Pick<StripeProcessor, "verifyWebhook">;
  /** With migrations/0005-stripe.sql applied. */
  database: Database;
  refreshCharge: ChargeNotifier;
  refreshRefund: ChargeNotifier;
}

/**
 * POST /webhooks/stripe: receives events about charges and refunds.
 *
 * Events arrive late, twice and out of order, so their contents are not trusted: each one only triggers fetching the
 * current state. 200: handled, now or before, or irrelevant to this service. Stripe repeats other responses for three
 * days: 400 if the signature is invalid, 409 while the event is being handled, 503 if it can't be handled now.
 * https://docs.stripe.com/webhooks#best-practices
 */
export function stripeWebhook(options: StripeWebhookOptions): Hono<ServiceEnv> {
  const { stripe, database } = options;
  const app = factory.createApp();

  app.post("/webhooks/stripe", async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    let event: WebhookEvent;
    try {
      event = stripe.verifyWebhook(body, c.req.header("stripe-signature"));
    } catch (error) {
      if (error instanceof InvalidWebhookError)
        return problem(c, 400, error.message);
      throw error;
    }
    if (event.kind === "other") return acknowledge(c);
    const claim = await claimEvent(database, event);
    if (claim === "done") return acknowledge(c);
    if (claim === "busy")
      return problem(c, 409, `${event.id} is being handled. Send it again.`);
    return handle(c, event, claim);
  });

  async function handle(
    c: Context,
    event: Exclude<WebhookEvent, { kind: "other" }>,
    claim: Exclude<Claim, string>,
  ): Promise<Response> {
    const { id, type, kind, reference, key } = event;
    try {
      const refresh =
        kind === "payment" ? options.refreshCharge : options.refreshRefund;
      await refresh(reference, key);
      await finishEvent(database, id);
      return acknowledge(c);
    } catch (err) {
      logger.warn(
        { err, event: id, type, reference },
        "a Stripe event can't be handled",
      );
      // If this fails as well, the lease expires.
      await releaseEvent(database, id, claim).catch(() => {});
      c.header("retry-after", "10"); // seconds
      return problem(c, 503, `${id} can't be handled now. Send it again.`);
    }
  }

  return app;
}

const acknowledge = (c: Context) => c.json({ received: true });
