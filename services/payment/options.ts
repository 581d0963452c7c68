import type { Database } from "@marquee/service-kit";
import type { MiddlewareHandler } from "hono";
import type { User } from "./dependencies.ts";
import type { OutboxTimes } from "./outbox/outbox.ts";
import type { UrlRules } from "./outbox/ssrf-guard.ts";
import type { PaymentTimes } from "./payments/payments.ts";
import type { ConfiguredProcessor } from "./processors/from-environment.ts";
import type { SubscriptionTimes } from "./subscriptions/billing-settings.ts";

/** What payment is made of. `routes` and `sweeps` are the processor's own. @default none */
export interface PaymentOptions
  extends Pick<ConfiguredProcessor, "processor">,
    Partial<Omit<ConfiguredProcessor, "processor">> {
  /** Who opens it closes it. */
  database: Database;
  /** Lets through who sends an access token, and says whose it is. */
  user: MiddlewareHandler<User>;
  /** Also lets through users whose account was deleted, to cancel their subscription. @default user */
  formerUser?: MiddlewareHandler<User>;
  /** 32 characters at least; it protects what the database must not give away. */
  keyEncryptionKey: string;
  /** What operators send as a bearer token. */
  operatorKey: string;
  /** Where webhooks may be. @default urlRules */
  webhooks?: Partial<UrlRules>;
  times?: {
    /** @default paymentTimes */
    payments?: Partial<PaymentTimes>;
    /** @default subscriptionTimes */
    subscriptions?: Partial<SubscriptionTimes>;
    /** @default outboxTimes */
    outbox?: Partial<OutboxTimes>;
    /** Milliseconds between two looks for payments and subscriptions with which something is to be done. @default 1000 */
    lookEvery?: number;
  };
}
