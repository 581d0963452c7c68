import type Stripe from "stripe";

/** A Stripe event. It may arrive late, twice and out of order: fetch the current state instead of trusting it. */
export type WebhookEvent = {
  /** The event's id, equal in every delivery. */
  id: string;
  /** Stripe's event type, such as payment_intent.succeeded. */
  type: string;
  created: Date;
} & (
  | {
      kind: "payment" | "refund";
      /** The PaymentIntent's or the refund's id. */
      reference: string;
      /** The key of the charge or refund; undefined if it was not made by this service. */
      key: string | undefined;
    }
  | { kind: "other" }
);

/** Not a valid webhook from Stripe; the message says why, and what to do. */
export class InvalidWebhookError extends Error {
  override readonly name = "InvalidWebhookError";
}

/** Maximum age of a signature, Stripe's default. https://docs.stripe.com/webhooks#replay-attacks */
const toleranceSeconds = 300;

/** Verifies a webhook's signature, and parses the event: https://docs.stripe.com/webhooks#verify-manually */
export const createWebhookVerifier =
  ({ webhooks }: Pick<Stripe, "webhooks">, secret: string) =>
  /**
   * @param rawBody the body as received
   * @param signature the Stripe-Signature header
   * @throws InvalidWebhookError
   */
  (
    rawBody: Uint8Array,
    signature: string | undefined,
    now = new Date(),
  ): WebhookEvent => {
    if (!signature)
      throw new InvalidWebhookError(
        "The Stripe-Signature header is missing: only Stripe may call this.",
      );
    let event: Stripe.Event;
    try {
      event = webhooks.constructEvent(
        Buffer.from(rawBody),
        signature,
        secret,
        toleranceSeconds,
        undefined,
        now.getTime(),
      );
    } catch (error) {
      // Not the error itself, which contains the body and the header.
      throw new InvalidWebhookError(reasonOf(error as Error));
    }
    return parseEvent(event);
  };

function reasonOf({ message }: Error): string {
  if (message.includes("tolerance"))
    return `The signature is older than ${toleranceSeconds} seconds: it was delayed or replayed, or this machine's clock is wrong.`;
  if (message.includes("matching"))
    return "The signature does not match the body: check that STRIPE_WEBHOOK_SECRET is the signing secret of this endpoint, and that no proxy changes the body.";
  if (/extract|expected scheme/.test(message))
    return "The Stripe-Signature header is invalid: expected t=…,v1=….";
  return "The body is not a Stripe event.";
}

function parseEvent(event: Partial<Stripe.Event> | null): WebhookEvent {
  const { id, type, created, data } = event ?? {};
  const object = data?.object as
    | { object?: string; id?: string; metadata?: Record<string, string> | null }
    | undefined;
  if (
    typeof id !== "string" ||
    typeof created !== "number" ||
    typeof type !== "string"
  )
    throw new InvalidWebhookError("The body is not a Stripe event.");
  const common = { id, type, created: new Date(created * 1000) };
  const kind = kinds.get(object?.object ?? "");
  // The events of a Charge tell nothing beyond those of its PaymentIntent.
  if (!kind || !object?.id) return { ...common, kind: "other" };
  const { id: reference, metadata } = object;
  return { ...common, kind, reference, key: metadata?.key };
}

const kinds = new Map<string, "payment" | "refund">([
  ["payment_intent", "payment"],
  ["refund", "refund"],
]);
