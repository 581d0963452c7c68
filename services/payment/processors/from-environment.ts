import type { Database, ServiceEnv } from "@marquee/service-kit";
import type { Hono } from "hono";
import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type
import type { Payments } from "../payments/payments.ts";
import type { Sweep } from "../purge-worker.ts";
import type { Processor } from "./processor.ts";
import { sandboxPages } from "./sandbox/page.ts";
import { createSandbox } from "./sandbox/sandbox.ts";
import { sweepStripeEvents } from "./stripe/event-claims.ts";
import { createStripe } from "./stripe/stripe.ts";
import { stripeWebhook } from "./stripe/webhook-route.ts";

/** A processor, and what it needs of the service. */
export interface ConfiguredProcessor {
  processor: Processor;
  /** Routes of its own: what it calls, or where people go. */
  routes(payments: Payments): Hono<ServiceEnv>;
  /** What of its own is to be swept, by what that is. */
  sweeps: Readonly<Record<string, Sweep>>;
}

const aProcessor = "expected sandbox or stripe";
const aUrl =
  "expected a URL such as https://www.example.com/payment, without a slash at its end";

/** The variables that say who moves the money. */
export const processorVariables = {
  /** sandbox moves none, and takes test card numbers alone. @default sandbox */
  PROCESSOR: z.enum(["sandbox", "stripe"], aProcessor).default("sandbox"),
  /** With stripe: sk_…, of https://dashboard.stripe.com/apikeys */
  STRIPE_SECRET_KEY: z.string().optional(),
  /** With stripe: whsec_…, of the endpoint for /webhooks/stripe. */
  STRIPE_WEBHOOK_SECRET: z.string().optional(),
  /** Where people's browsers reach this service, for the sandbox's page. @default "": the page's links are paths */
  PUBLIC_URL: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+[^\s?#/]$/, aUrl)
    .or(z.literal(""))
    .default(""),
};

interface ProcessorVariables {
  PROCESSOR: "sandbox" | "stripe";
  STRIPE_SECRET_KEY?: string | undefined;
  STRIPE_WEBHOOK_SECRET?: string | undefined;
  PUBLIC_URL: string;
}

/** Who moves the money, as the environment says. @throws Error where that can't be right */
export function configuredProcessor(
  database: Database,
  variables: ProcessorVariables,
): ConfiguredProcessor {
  if (variables.PROCESSOR === "stripe") return withStripe(database, variables);
  const sandbox = createSandbox(database, { url: variables.PUBLIC_URL });
  return {
    processor: sandbox,
    routes: ({ charged }) => sandboxPages({ sandbox, settled: charged }),
    sweeps: {},
  };
}

function withStripe(
  database: Database,
  variables: ProcessorVariables,
): ConfiguredProcessor {
  const given = (name: "STRIPE_SECRET_KEY" | "STRIPE_WEBHOOK_SECRET") => {
    const value = variables[name];
    if (value) return value;
    throw new Error(`${name} is not set, and PROCESSOR is stripe.`);
  };
  const stripe = createStripe({
    secretKey: given("STRIPE_SECRET_KEY"),
    webhookSecret: given("STRIPE_WEBHOOK_SECRET"),
  });
  return {
    processor: stripe,
    routes: ({ charged, refunded }) =>
      stripeWebhook({
        stripe,
        database,
        settled: charged,
        refundSettled: refunded,
      }),
    sweeps: { "Stripe's events": sweepStripeEvents },
  };
}
