import type { Secrets } from "../components/secret.ts";
import { type Issues, isMap, isWhole, list } from "./issues.ts";

/** What moves the money, and when. */
export interface PaymentSettings {
  /** sandbox: nobody's money, and test card numbers; stripe: Stripe's, with a key in `marquee:secrets.payment`. @default sandbox */
  processor: (typeof processors)[number];
  /** How long a subscription's period is, as an ISO 8601 duration. @default P1M */
  billingPeriod: string;
  /** How long somebody may watch on after a renewal that failed, as an ISO 8601 duration. @default P7D */
  gracePeriod: string;
  /** Ports at which consumers of webhooks listen, anywhere: the network lets payment go there. @default none */
  webhookPorts: readonly number[];
}

const processors = ["sandbox", "stripe"] as const;

/** What Stripe's client and its webhooks need. https://docs.stripe.com/keys, https://docs.stripe.com/webhooks#verify-events */
const stripeSecrets = {
  STRIPE_SECRET_KEY: "Stripe's secret key, sk_…",
  STRIPE_WEBHOOK_SECRET: "the signing secret of the webhook endpoint, whsec_…",
};

/** ISO 8601, 5.5.2.4, in whole numbers, and no more than payment takes (services/payment/subscriptions/durations.ts). */
const duration =
  /^P(?=.)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,4}D)?(T(?=.)(\d{1,7}H)?(\d{1,7}M)?(\d{1,7}S)?)?$/;

/**
 * Checks `marquee:payments`.
 * @param secrets those of the service, by name; or payment runs elsewhere, and has none here
 */
export function parsePayments(
  raw: unknown,
  secrets: Secrets[string] | "elsewhere" | undefined,
  { invalid: wrong, add: mistake, rejectUnknownKeys: known }: Issues,
): PaymentSettings {
  const given = isMap(raw) ? raw : {};
  if (raw !== undefined && !isMap(raw))
    wrong("payments", raw, "it must be a map, such as { processor: sandbox }");
  const keys = ["processor", "billingPeriod", "gracePeriod", "webhookPorts"];
  known("payments.", given, keys, "a setting of payments");

  const { processor = "sandbox", webhookPorts = [] } = given;
  if (!processors.some((one) => one === processor))
    wrong(
      "payments.processor",
      processor,
      `it must be ${list(processors, "or")}`,
    );
  if (processor === "stripe" && secrets !== "elsewhere")
    for (const [name, what] of Object.entries(stripeSecrets))
      if (secrets?.[name] === undefined)
        mistake(
          `secrets.payment.${name}`,
          `is missing, and payments.processor is stripe: set ${what} with \`pulumi config set --secret --path 'marquee:secrets.payment.${name}'\``,
        );
  const period = (key: string, fallback: string) => {
    const { [key]: value = fallback } = given;
    if (
      typeof value !== "string" ||
      !duration.test(value) ||
      !/[1-9]/.test(value)
    )
      wrong(
        `payments.${key}`,
        value,
        "it must be an ISO 8601 duration in whole numbers, longer than nothing, such as P1M (a month) or PT30S (30 seconds)",
      );
    return String(value);
  };
  const isPorts =
    Array.isArray(webhookPorts) &&
    webhookPorts.every((port) => isWhole(port, 1, 65_535));
  if (!isPorts)
    wrong(
      "payments.webhookPorts",
      webhookPorts,
      "it must be a list of ports, such as [443]",
    );
  return {
    processor: processor as PaymentSettings["processor"],
    billingPeriod: period("billingPeriod", "P1M"),
    gracePeriod: period("gracePeriod", "P7D"),
    webhookPorts: isPorts ? webhookPorts : [],
  };
}

/** The settings as payment's environment has them. */
export const paymentVariables = (settings: PaymentSettings) => ({
  PROCESSOR: settings.processor,
  BILLING_PERIOD: settings.billingPeriod,
  GRACE_PERIOD: settings.gracePeriod,
});

/** The ports that payment calls somewhere else. Stripe's API is at 443. */
export const paymentOutside = ({
  processor,
  webhookPorts,
}: PaymentSettings): number[] => [
  ...new Set([...(processor === "stripe" ? [443] : []), ...webhookPorts]),
];
