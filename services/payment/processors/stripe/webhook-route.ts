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
import { type Notice, WebhookRefused } from "./verify-webhook.ts";

/**
 * Takes news of one charge or refund: asks Stripe what it is now (`find`, `findRefund`), and writes that down. It may be told
 * the same twice.
 * @param key under which it was charged or refunded; undefined: not by this service
 */
type Told = (reference: string, key: string | undefined) => Promise<void>;

export interface StripeWebhookOptions {
  stripe: Pick<StripeProcessor, "readWebhook">;
  /** With migrations/0005-stripe.sql. */
  database: Database;
  settled: Told;
  refundSettled: Told;
}

/**
 * POST /webhooks/stripe: where Stripe says that something happened to a charge or a refund.
 *
 * Events come late, twice and out of order, so nothing that they say of a status is believed: each is only a reason to ask Stripe
 * how it is now, so the order does not matter. 200: handled, now or before, or nothing for this service. Anything else has
 * Stripe send it again, for three days: 400 if it is not Stripe's, 409 while it is being handled, 503 if it can't be handled now.
 * https://docs.stripe.com/webhooks#best-practices
 */
export function stripeWebhook(options: StripeWebhookOptions): Hono<ServiceEnv> {
  const { stripe, database } = options;
  const app = factory.createApp();

  app.post("/webhooks/stripe", async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    let notice: Notice;
    try {
      notice = stripe.readWebhook(body, c.req.header("stripe-signature"));
    } catch (error) {
      if (error instanceof WebhookRefused)
        return problem(c, 400, error.message);
      throw error;
    }
    if (notice.kind === "other") return taken(c);
    const claim = await claimEvent(database, notice);
    if (claim === "done") return taken(c);
    if (claim === "busy")
      return problem(c, 409, `${notice.id} is being handled. Send it again.`);
    return handle(c, notice, claim);
  });

  async function handle(
    c: Context,
    notice: Exclude<Notice, { kind: "other" }>,
    claim: Exclude<Claim, string>,
  ): Promise<Response> {
    const { id, type, kind, reference, key } = notice;
    try {
      const tell = kind === "payment" ? options.settled : options.refundSettled;
      await tell(reference, key);
      await finishEvent(database, id);
      return taken(c);
    } catch (err) {
      logger.warn(
        { err, event: id, type, reference },
        "Stripe's news can't be written down now",
      );
      // If this fails as well, the lease ends by itself.
      await releaseEvent(database, id, claim).catch(() => {});
      c.header("retry-after", "10"); // seconds
      return problem(c, 503, `${id} can't be handled now. Send it again.`);
    }
  }

  return app;
}

const taken = (c: Context) => c.json({ received: true });
