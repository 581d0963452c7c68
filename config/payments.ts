import { type Issues, list } from "./issues.ts";
import type { Secrets } from "./secrets.ts";
import { isMap, isPort } from "./values.ts";

/** The processor that charges customers, and the periods of subscriptions. */
export interface PaymentSettings {
  /** The built-in sandbox with test cards, or Stripe with the keys in `marquee:secrets.payment`. @default sandbox */
  processor: (typeof processors)[number];
  /** The period of a subscription, as an ISO 8601 duration. @default P1M */
  billingPeriod: string;
  /** How long people may watch after a failed renewal, as an ISO 8601 duration. @default P7D */
  gracePeriod: string;
  /** Ports of webhook consumers, which payment may connect to at any address. @default none */
  webhookPorts: readonly number[];
}

const processors = ["sandbox", "stripe"] as const;

/**
 * The secrets that Stripe's client and its webhooks need.
 * https://docs.stripe.com/keys, https://docs.stripe.com/webhooks#verify-events
 */
const stripeSecrets = {
  STRIPE_SECRET_KEY: "Stripe's secret key, sk_…",
  STRIPE_WEBHOOK_SECRET: "the signing secret of the webhook endpoint, whsec_…",
};

/**
 * An ISO 8601 duration (5.5.2.4) in whole numbers, in the range that payment accepts
 * (services/payment/subscriptions/durations.ts).
 */
const durationPattern =
  /^P(?=.)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,4}D)?(T(?=.)(\d{1,7}H)?(\d{1,7}M)?(\d{1,7}S)?)?$/;

/**
 * Checks `marquee:payments`.
 * @param secrets the service's, by name; "elsewhere" if it does not run here and needs none
 */
export function parsePayments(
  raw: unknown,
  secrets: Secrets[string] | "elsewhere" | undefined,
  issues: Issues,
): PaymentSettings {
  const given = isMap(raw) ? raw : {};
  if (raw !== undefined && !isMap(raw))
    issues.invalid(
      "payments",
      raw,
      "it must be a map, such as { processor: sandbox }",
    );
  issues.rejectUnknownKeys(
    "payments.",
    given,
    ["processor", "billingPeriod", "gracePeriod", "webhookPorts"],
    "a setting of payments",
  );
  const { processor = "sandbox", webhookPorts = [] } = given;
  if (!processors.some((known) => known === processor))
    issues.invalid(
      "payments.processor",
      processor,
      `it must be ${list(processors, "or")}`,
    );
  if (processor === "stripe" && secrets !== "elsewhere")
    checkStripeSecrets(secrets, issues);
  const arePorts = Array.isArray(webhookPorts) && webhookPorts.every(isPort);
  if (!arePorts)
    issues.invalid(
      "payments.webhookPorts",
      webhookPorts,
      "it must be a list of ports, such as [443]",
    );
  return {
    processor: processor as PaymentSettings["processor"],
    billingPeriod: parsePeriod("billingPeriod", given, "P1M", issues),
    gracePeriod: parsePeriod("gracePeriod", given, "P7D", issues),
    webhookPorts: arePorts ? webhookPorts : [],
  };
}

function checkStripeSecrets(
  secrets: Secrets[string] | undefined,
  issues: Issues,
): void {
  for (const [name, description] of Object.entries(stripeSecrets))
    if (secrets?.[name] === undefined)
      issues.add(
        `secrets.payment.${name}`,
        `is missing, and payments.processor is stripe: set ${description} with \`pulumi config set --secret --path 'marquee:secrets.payment.${name}'\``,
      );
}

function parsePeriod(
  key: string,
  { [key]: value }: Record<string, unknown>,
  defaultValue: string,
  issues: Issues,
): string {
  if (value === undefined) return defaultValue;
  const isDuration =
    typeof value === "string" &&
    durationPattern.test(value) &&
    /[1-9]/.test(value); // longer than nothing
  if (!isDuration)
    issues.invalid(
      `payments.${key}`,
      value,
      "it must be an ISO 8601 duration in whole numbers, longer than nothing, such as P1M (a month) or PT30S (30 seconds)",
    );
  return String(value);
}

/** The settings as environment variables of payment. */
export const paymentVariables = (settings: PaymentSettings) => ({
  PROCESSOR: settings.processor,
  BILLING_PERIOD: settings.billingPeriod,
  GRACE_PERIOD: settings.gracePeriod,
});

/** The ports outside of the stack that payment calls. Stripe's API is at 443. */
export function paymentEgressPorts({
  processor,
  webhookPorts,
}: PaymentSettings): number[] {
  const stripePorts = processor === "stripe" ? [443] : [];
  return [...new Set([...stripePorts, ...webhookPorts])];
}
