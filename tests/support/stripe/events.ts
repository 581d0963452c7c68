import { createHmac } from "node:crypto";
import { id } from "./api-objects.ts";

export const webhookSecret = "whsec_the_webhook_secret_of_the_tests";

/** A Stripe event, as the body of a webhook. */
export const event = (
  type: string,
  object: Record<string, unknown>,
  more: Record<string, unknown> = {},
) =>
  JSON.stringify({
    id: id("evt"),
    object: "event",
    type,
    created: Math.floor(Date.now() / 1000),
    data: { object },
    ...more,
  });

/** The header Stripe-Signature: https://docs.stripe.com/webhooks#verify-manually */
export function signed(
  body: string,
  { secrets = [webhookSecret], at = new Date() } = {},
): string {
  const t = Math.floor(at.getTime() / 1000);
  const signatures = secrets.map((secret) =>
    createHmac("sha256", secret).update(`${t}.${body}`).digest("hex"),
  );
  return [`t=${t}`, ...signatures.map((one) => `v1=${one}`)].join(",");
}
