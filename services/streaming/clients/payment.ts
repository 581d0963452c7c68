import { setTimeout as delay } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import type * as z from "zod";
import { PaymentAway } from "./errors.ts";
import {
  type Answer,
  createAsk,
  type Fetch,
  Unanswered,
} from "./json-client.ts";
import {
  listOf,
  type Payment,
  PaymentJson,
  type Plan,
  PlanJson,
  ProblemJson,
  type Subscription,
  SubscriptionJson,
} from "./payment-schemas.ts";

/** Card details from a form, or a token of the processor. */
export type Method =
  | string
  | {
      type: "card";
      number: string;
      exp_month: number;
      exp_year: number;
      cvc: string;
    };

/** Outcome of a request that changes something. Messages never contain a card number. */
export type Outcome<Value> =
  | { kind: "done"; value: Value }
  /** Not known yet. With `next_action` the payer has to go there; otherwise poll. */
  | { kind: "pending"; value: Value }
  /** Nothing was charged. The message is for the payer. */
  | { kind: "declined"; message: string; code: string | undefined }
  /** Errors by the JSON Pointer of the member, such as `/method/number`. */
  | {
      kind: "invalid";
      message: string;
      errors: { pointer: string; detail: string }[];
    }
  /** Not possible in the current state, such as a second subscription. */
  | { kind: "conflict"; message: string }
  /** It does not exist or belongs to another user. */
  | { kind: "none"; message: string };

export interface Listed<Entry> {
  data: Entry[];
  /** Whether older entries exist. */
  more: boolean;
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
  subscriptionsOf(token: string): Promise<Listed<Subscription>>;
  /** Newest first, at most 20. */
  paymentsOf(token: string): Promise<Listed<Payment>>;
  subscribe(
    token: string,
    key: string,
    subscription: { plan: string; method: Method; return_url?: string },
  ): Promise<Outcome<Subscription>>;
  /** Changes the card that future payments are charged to. */
  changeMethod(
    token: string,
    key: string,
    id: string,
    change: { method: Method; return_url?: string },
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
  /** @default clientTimes */
  times?: Partial<typeof clientTimes>;
}

/** Milliseconds. */
export const clientTimes = {
  /** Timeout of each attempt to read. */
  read: 2_000,
  /**
   * Timeout of each attempt to change something: payment itself waits up to 10 s for the bank and 5 s for its database.
   */
  change: 16_000,
  /** Pause before asking again for a change that payment is still processing. */
  pause: 1_000,
  /** How long plans are cached: they change only with a deployment. */
  plans: 60_000,
};

/** Polls for a change that payment is still processing. Times `pollMs`, this is longer than a bank may take. */
const patience = 12;

export function createPaymentClient(
  options: PaymentClientOptions,
): PaymentClient {
  const { paymentUrl, fetch } = options;
  const times = { ...clientTimes, ...options.times };
  const read = createAsk({ timeout: times.read, retries: 1 }, fetch);
  // Retrying is safe: with the same Idempotency-Key, payment repeats its first response.
  const change = createAsk({ timeout: times.change, retries: 1 }, fetch);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  async function get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    headers: Record<string, string> = {},
  ): Promise<z.output<Schema>> {
    const answer = await read(paymentUrl + path, { headers }).catch(away);
    refuse(answer);
    if (answer.status !== 200) throw unexpected(answer, path);
    return parsed(schema, answer, path);
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
    for (let round = 0; ; round++) {
      const answer = await change(paymentUrl + path, init).catch(away);
      // Payment is still processing the first attempt, which timed out here.
      const busy = answer.status === 409 && answer.headers.has("retry-after");
      if (!busy) return outcomeOf(answer, path);
      if (round === patience) throw unexpected(answer, path);
      await delay(times.pause);
    }
  }

  let plans: Plan[] | undefined;
  let askedAt = 0;
  let asking: Promise<Plan[]> | undefined;
  const askPlans = () => {
    asking ??= get("/plans", listOf(PlanJson))
      .then(({ data }) => {
        plans = data;
        return data;
      })
      .finally(() => {
        askedAt = performance.now();
        asking = undefined;
      });
    return asking;
  };

  const to = (id: string, what: string) =>
    `/subscriptions/${encodeURIComponent(id)}/${what}`;

  return {
    async plans() {
      if (!plans) return askPlans();
      if (performance.now() - askedAt > times.plans)
        askPlans().catch((err) =>
          logger.warn(
            { err },
            "can't refresh the plans; using the cached ones",
          ),
        );
      return plans;
    },
    subscriptionsOf: (token) =>
      get("/subscriptions", listOf(SubscriptionJson), bearer(token)),
    paymentsOf: (token) => get("/payments", listOf(PaymentJson), bearer(token)),
    subscribe: (token, key, subscription) =>
      post(token, key, "/subscriptions", subscription),
    changeMethod: (token, key, id, changed) =>
      post(token, key, to(id, "method"), changed),
    cancel: (token, key, id, at = "period_end") =>
      post(token, key, to(id, "cancel"), { at }),
    resume: (token, key, id) => post(token, key, to(id, "resume")),
  };
}

function outcomeOf(answer: Answer, path: string): Outcome<Subscription> {
  refuse(answer);
  const { status } = answer;
  if (status === 200 || status === 201 || status === 202)
    return {
      kind: status === 202 ? "pending" : "done",
      value: parsed(SubscriptionJson, answer, path),
    };
  const { detail, code, errors = [] } = parsed(ProblemJson, answer, path);
  switch (status) {
    case 402:
      return { kind: "declined", message: detail, code };
    case 404:
      return { kind: "none", message: detail };
    case 409:
      return { kind: "conflict", message: detail };
    case 422:
      return { kind: "invalid", message: detail, errors };
    default:
      throw unexpected(answer, path);
  }
}

/** @throws AccessTokenRejectedError */
function refuse({ status }: Answer): void {
  if (status === 401 || status === 403)
    throw new HTTPException(status, {
      message: "Payment does not take this access token. Sign in again.",
    });
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  answer: Answer,
  path: string,
): z.output<Schema> {
  const result = schema.safeParse(answer.body);
  if (result.success) return result.data;
  throw unexpected(answer, path, result.error);
}

/** Treats an invalid response like no response; `cause` describes it for the log. */
const unexpected = ({ status }: Answer, path: string, cause?: unknown) =>
  new PaymentAway(
    new Error(`payment's response ${status} to ${path} is invalid`, {
      cause,
    }),
  );

function away(error: unknown): never {
  throw error instanceof Unanswered ? new PaymentAway(error) : error;
}
