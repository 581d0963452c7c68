import type { Database, ServiceEnv } from "@marquee/service-kit";
import type { Hono } from "hono";
import * as z from "zod";
import type { Payments } from "../payments/payments.ts";
import type { Purge } from "../purge-worker.ts";
import type { Processor } from "./processor.ts";
import { sandboxPages } from "./sandbox/page.ts";
import { createSandbox } from "./sandbox/sandbox.ts";
import { purgeStripeEvents } from "./stripe/event-claims.ts";
import { createStripe } from "./stripe/stripe.ts";
import { stripeWebhook } from "./stripe/webhook-route.ts";

/** A processor, with its routes and purges. */
export interface ConfiguredProcessor {
  processor: Processor;
  /** Routes for the processor's webhooks, or for customers. */
  routes(payments: Payments): Hono<ServiceEnv>;
  /** Purges of the processor's own tables, by the name of what they delete. */
  purges: Readonly<Record<string, Purge>>;
}

const processorError = "expected sandbox or stripe";
const urlError =
  "expected a URL such as https://www.example.com/payment, without a slash at its end";

/** The environment variables that configure the processor. */
export const processorVariables = {
  /** sandbox moves no money, and accepts only test card numbers. @default sandbox */
  PROCESSOR: z.enum(["sandbox", "stripe"], processorError).default("sandbox"),
  /** With stripe: sk_…, from https://dashboard.stripe.com/apikeys */
  STRIPE_SECRET_KEY: z.string().optional(),
  /** With stripe: whsec_…, the signing secret of the endpoint /webhooks/stripe. */
  STRIPE_WEBHOOK_SECRET: z.string().optional(),
  /** This service's URL in browsers, for the sandbox's page. @default "": the page's links are paths */
  PUBLIC_URL: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+[^\s?#/]$/, urlError)
    .or(z.literal(""))
    .default(""),
};

interface ProcessorVariables {
  PROCESSOR: "sandbox" | "stripe";
  STRIPE_SECRET_KEY?: string | undefined;
  STRIPE_WEBHOOK_SECRET?: string | undefined;
  PUBLIC_URL: string;
}

/** Creates the processor that the environment selects. @throws Error if its variables are invalid */
export function processorFromEnvironment(
  database: Database,
  variables: ProcessorVariables,
): ConfiguredProcessor {
  if (variables.PROCESSOR === "stripe") return withStripe(database, variables);
  const sandbox = createSandbox(database, { url: variables.PUBLIC_URL });
  return {
    processor: sandbox,
    routes: ({ refreshCharge: charged }) =>
      sandboxPages({ sandbox, onAnswer: charged }),
    purges: {},
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
    routes: ({ refreshCharge: charged, refreshRefund: refunded }) =>
      stripeWebhook({
        stripe,
        database,
        refreshCharge: charged,
        refreshRefund: refunded,
      }),
    purges: { "Stripe's events": purgeStripeEvents },
  };
}
