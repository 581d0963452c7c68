import { setTimeout as delay } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import type * as z from "zod";
import { createJsonClient, type Fetch } from "./json-client.ts";
import {
  invalidResponse,
  type Outcome,
  outcomeOf,
  parse,
  throwIfTokenRejected,
  throwUnavailable,
} from "./payment-responses.ts";
import {
  listSchema,
  type Payment,
  PaymentJson,
  type Plan,
  PlanJson,
  type Subscription,
  SubscriptionJson,
} from "./payment-schemas.ts";

/** Card details from a form, or a token of the processor. */
export type CardMethod =
  | string
  | {
      type: "card";
      number: string;
      exp_month: number;
      exp_year: number;
      cvc: string;
    };

interface List<Entry> {
  data: Entry[];
  /** Whether older entries exist. */
  hasMore: boolean;
}

/**
 * The part of payment's API that the pages use. `token` is the payer's access token. `key` is an Idempotency-Key: a new
 * one per operation, the same one when a form is sent again. Every method may throw PaymentUnavailableError, and
 * AccessTokenRejectedError if payment rejects the token.
 */
export interface PaymentClient {
  /** At most a minute old; while payment is unavailable, the last known plans. */
  plans(): Promise<Plan[]>;
  /** Newest first, at most 20. */
  subscriptionsOf(token: string): Promise<List<Subscription>>;
  /** Newest first, at most 20. */
  paymentsOf(token: string): Promise<List<Payment>>;
  subscribe(
    token: string,
    key: string,
    subscription: { plan: string; method: CardMethod; return_url?: string },
  ): Promise<Outcome<Subscription>>;
  /** Changes the card that future payments are charged to. */
  changeMethod(
    token: string,
    key: string,
    id: string,
    change: { method: CardMethod; return_url?: string },
  ): Promise<Outcome<Subscription>>;
  /** @param at @default period_end */
  cancel(
    token: string,
    key: string,
    id: string,
    at?: "period_end" | "now",
  ): Promise<Outcome<Subscription>>;
  /** Reverts a cancellation that has not taken effect. */
  resume(
    token: string,
    key: string,
    id: string,
  ): Promise<Outcome<Subscription>>;
}

export interface PaymentClientOptions {
  /** Payment's URL, without a trailing slash. */
  paymentUrl: string;
  /** @default globalThis.fetch */
  fetch?: Fetch;
  /** @default paymentTimings */
  timings?: Partial<typeof paymentTimings>;
}

/** Milliseconds. */
const paymentTimings = {
  /** Timeout of each attempt to read. */
  readTimeoutMs: 2_000,
  /**
   * Timeout of each attempt to change something: payment itself waits up to 10 s for the bank and 5 s for its database.
   */
  changeTimeoutMs: 16_000,
  /** Pause before asking again for a change that payment is still processing. */
  pollMs: 1_000,
  /** How long plans are cached: they change only with a deployment. */
  plansMaxAgeMs: 60_000,
};

/** Polls for a change that payment is still processing. Times `pollMs`, this is longer than a bank may take. */
const maxPolls = 12;

export function createPaymentClient(
  options: PaymentClientOptions,
): PaymentClient {
  const { paymentUrl, fetch } = options;
  const timings = { ...paymentTimings, ...options.timings };
  const read = createJsonClient(
    { timeoutMs: timings.readTimeoutMs, retries: 1 },
    fetch,
  );
  // Retrying is safe: with the same Idempotency-Key, payment repeats its first response.
  const change = createJsonClient(
    { timeoutMs: timings.changeTimeoutMs, retries: 1 },
    fetch,
  );
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  async function get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    headers: Record<string, string> = {},
  ): Promise<z.output<Schema>> {
    const response = await read(paymentUrl + path, { headers }).catch(
      throwUnavailable,
    );
    throwIfTokenRejected(response);
    if (response.status !== 200) throw invalidResponse(response, path);
    return parse(schema, response, path);
  }

  async function post(token: string, key: string, path: string, body?: object) {
    const init = {
      method: "POST",
      headers: {
        ...bearer(token),
        "idempotency-key": key,
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    };
    for (let poll = 0; ; poll++) {
      const response = await change(paymentUrl + path, init).catch(
        throwUnavailable,
      );
      // Payment is still processing the first attempt, which timed out here.
      const busy =
        response.status === 409 && response.headers.has("retry-after");
      if (!busy) return outcomeOf(response, path);
      if (poll === maxPolls) throw invalidResponse(response, path);
      await delay(timings.pollMs);
    }
  }

  let plans: Plan[] | undefined;
  let refreshedAt = 0;
  let refreshing: Promise<Plan[]> | undefined;
  const refreshPlans = () => {
    refreshing ??= get("/plans", listSchema(PlanJson))
      .then(({ data }) => {
        plans = data;
        return data;
      })
      .finally(() => {
        refreshedAt = performance.now();
        refreshing = undefined;
      });
    return refreshing;
  };

  const subscriptionPath = (id: string, what: string) =>
    `/subscriptions/${encodeURIComponent(id)}/${what}`;

  return {
    async plans() {
      if (!plans) return refreshPlans();
      if (performance.now() - refreshedAt > timings.plansMaxAgeMs)
        refreshPlans().catch((err) =>
          logger.warn(
            { err },
            "can't refresh the plans; using the cached ones",
          ),
        );
      return plans;
    },
    subscriptionsOf: (token) =>
      get("/subscriptions", listSchema(SubscriptionJson), bearer(token)),
    paymentsOf: (token) =>
      get("/payments", listSchema(PaymentJson), bearer(token)),
    subscribe: (token, key, subscription) =>
      post(token, key, "/subscriptions", subscription),
    changeMethod: (token, key, id, changed) =>
      post(token, key, subscriptionPath(id, "method"), changed),
    cancel: (token, key, id, at = "period_end") =>
      post(token, key, subscriptionPath(id, "cancel"), { at }),
    resume: (token, key, id) =>
      post(token, key, subscriptionPath(id, "resume")),
  };
}
