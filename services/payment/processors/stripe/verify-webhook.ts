import type Stripe from "stripe";

/** What Stripe says has happened. It may come late, twice, and after what happened later: ask what is now. */
export type Notice = {
  /** The event's: the same each time that it is sent. */
  id: string;
  /** Stripe's name for what happened: payment_intent.succeeded. */
  type: string;
  /** When it happened. */
  created: Date;
} & (
  | {
      kind: "payment" | "refund";
      /** The PaymentIntent's or the refund's id. */
      reference: string;
      /** Under which it was charged or refunded; undefined: not by this service. */
      key: string | undefined;
    }
  | { kind: "other" }
);

/** It is not Stripe's, or too old to tell; the message says why, and what to do. */
export class WebhookRefused extends Error {
  override readonly name = "WebhookRefused";
}

/** Seconds that a signature is good for: Stripe's own default. https://docs.stripe.com/webhooks#replay-attacks */
const tolerance = 300;

/** Reads what Stripe sends, if Stripe has signed it: https://docs.stripe.com/webhooks#verify-manually */
export const createReadWebhook =
  ({ webhooks }: Pick<Stripe, "webhooks">, secret: string) =>
  /**
   * @param rawBody the very bytes that came
   * @param signature the header Stripe-Signature
   * @throws WebhookRefused
   */
  (
    rawBody: Uint8Array,
    signature: string | undefined,
    now = new Date(),
  ): Notice => {
    if (!signature)
      throw new WebhookRefused(
        "There is no Stripe-Signature header: this is for Stripe alone.",
      );
    let event: Stripe.Event;
    try {
      event = webhooks.constructEvent(
        Buffer.from(rawBody),
        signature,
        secret,
        tolerance,
        undefined,
        now.getTime(),
      );
    } catch (error) {
      // Not the error itself: it has the body and the header.
      throw new WebhookRefused(reasonOf(error as Error));
    }
    return noticeOf(event);
  };

function reasonOf({ message }: Error): string {
  if (message.includes("tolerance"))
    return `The signature is older than ${tolerance} seconds: was it held up, or sent again by somebody else? Check this machine's clock, too.`;
  if (message.includes("matching"))
    return "The signature does not match the body: is STRIPE_WEBHOOK_SECRET the signing secret of this very endpoint, and does the body come as it was sent?";
  if (/extract|expected scheme/.test(message))
    return "The Stripe-Signature header is not as expected: t=…,v1=….";
  return "The body is no event of Stripe's.";
}

function noticeOf(event: Partial<Stripe.Event> | null): Notice {
  const { id, type, created, data } = event ?? {};
  const object = data?.object as
    | { object?: string; id?: string; metadata?: Record<string, string> | null }
    | undefined;
  if (
    typeof id !== "string" ||
    typeof created !== "number" ||
    typeof type !== "string"
  )
    throw new WebhookRefused("The body is no event of Stripe's.");
  const notice = { id, type, created: new Date(created * 1000) };
  const kind = kinds.get(object?.object ?? "");
  // A charge's own events say nothing that those of its PaymentIntent don't.
  if (!kind || !object?.id) return { ...notice, kind: "other" };
  const { id: reference, metadata } = object;
  return { ...notice, kind, reference, key: metadata?.key };
}

const kinds = new Map<string, "payment" | "refund">([
  ["payment_intent", "payment"],
  ["refund", "refund"],
]);
