import type { Database } from "@marquee/service-kit";
import type { MiddlewareHandler } from "hono";
import type { User } from "./dependencies.ts";
import type { OutboxTimes } from "./outbox/outbox.ts";
import type { UrlRules } from "./outbox/ssrf-guard.ts";
import type { PaymentTimes } from "./payments/payments.ts";
import type { ConfiguredProcessor } from "./processors/from-environment.ts";
import type { BillingSettings } from "./subscriptions/billing-settings.ts";

/** `routes` and `purges` come with the processor. @default none */
export interface PaymentOptions
  extends Pick<ConfiguredProcessor, "processor">,
    Partial<Omit<ConfiguredProcessor, "processor">> {
  /** The caller closes it. */
  database: Database;
  /** Requires an access token, and sets its owner in the context. */
  user: MiddlewareHandler<User>;
  /** Also accepts the tokens of deleted accounts, to cancel their subscriptions. @default user */
  formerUser?: MiddlewareHandler<User>;
  /** At least 32 characters. Encrypts webhook secrets, and keys the fingerprints of requests. */
  keyEncryptionKey: string;
  /** The operators' bearer token. */
  operatorKey: string;
  /** The rules for URLs of webhook endpoints. @default urlRules */
  webhooks?: Partial<UrlRules>;
  times?: {
    /** @default paymentTimes */
    payments?: Partial<PaymentTimes>;
    /** @default defaultBillingSettings */
    subscriptions?: Partial<BillingSettings>;
    /** @default outboxTimes */
    outbox?: Partial<OutboxTimes>;
    /** How often the workers look for unfinished payments and due subscriptions. @default 1000 */
    pollMs?: number;
  };
}
