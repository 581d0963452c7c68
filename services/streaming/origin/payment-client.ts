import { setTimeout as delay } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import type * as z from "zod";
import { type Answer, createAsk, type Fetch, Unanswered } from "./ask.ts";
import { PaymentAway } from "./payment-away.ts";
import {
  listOf,
  type Payment,
  PaymentJson,
  type Plan,
  PlanJson,
  ProblemJson,
  type Subscription,
  SubscriptionJson,
} from "./payment-json.ts";

/** A card as a form has it, or a token of the processor's. */
export type Method =
  | string
  | {
      type: "card";
      number: string;
      exp_month: number;
      exp_year: number;
      cvc: string;
    };

/** What became of a request. None of the messages has a card's number. */
export type Outcome<Value> =
  | { kind: "done"; value: Value }
  /** Not known yet: if it has a next_action, who pays is to go there; else it is to be looked at again. */
  | { kind: "pending"; value: Value }
  /** Nothing was charged; the message is for who pays. */
  | { kind: "declined"; message: string; code: string | undefined }
  /** What is wrong, by its place in the request as a JSON Pointer: `/method/number`. */
  | {
      kind: "invalid";
      message: string;
      errors: { pointer: string; detail: string }[];
    }
  /** It can't be done now, such as to subscribe a second time. */
  | { kind: "conflict"; message: string }
  /** There is none, or it is somebody else's. */
  | { kind: "none"; message: string };

export interface Listed<Entry> {
  data: Entry[];
  /** There are older ones. */
  more: boolean;
}

/**
 * What pages ask payment for. `token` is an access token of who pays; `key` is an Idempotency-Key: a new one for each thing that
 * is to be done once, the same one when a form is sent again. All throw PaymentAway, and HTTPException 401 or 403 if the token is
 * not taken.
 */
export interface PaymentClient {
  /** As they were a minute ago at most, or as they were last while payment is away. */
  plans(): Promise<Plan[]>;
  /** The newest first, 20 at most. */
  subscriptionsOf(token: string): Promise<Listed<Subscription>>;
  /** The newest first, 20 at most. */
  paymentsOf(token: string): Promise<Listed<Payment>>;
  subscribe(
    token: string,
    key: string,
    subscription: { plan: string; method: Method; return_url?: string },
  ): Promise<Outcome<Subscription>>;
  /** Pays with another card from now on. */
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
  /** Takes a cancellation back. */
  resume(
    token: string,
    key: string,
    id: string,
  ): Promise<Outcome<Subscription>>;
}

export interface PaymentClientOptions {
  /** Payment's URL, without a slash at its end. */
  paymentUrl: string;
  /** @default Node.js's own */
  fetch?: Fetch;
  /** @default clientTimes */
  times?: Partial<typeof clientTimes>;
}

/** Milliseconds. */
export const clientTimes = {
  /** That each try to read may take. */
  read: 2_000,
  /** That each try to change something may take: payment itself gives the bank 10 s, and its database 5. */
  change: 16_000,
  /** Until a change is asked for again that payment is still at. */
  pause: 1_000,
  /** That plans are taken as they were: they change with a deployment. */
  plans: 60_000,
};

/** How often a change that payment is still at is asked for again: with `pause`, longer than a bank may take. */
const patience = 12;

export function createPaymentClient(
  options: PaymentClientOptions,
): PaymentClient {
  const { paymentUrl, fetch } = options;
  const times = { ...clientTimes, ...options.times };
  const read = createAsk({ timeout: times.read, retries: 1 }, fetch);
  // With an Idempotency-Key, what was done is answered as the first time.
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
      // The first try is under way there, and was given up here.
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
          logger.warn({ err }, "plans can't be asked for; the old ones serve"),
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

/** @throws HTTPException 401, 403 */
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

/** An answer that is none is as good as no answer; `cause` says what it was, for the log. */
const unexpected = ({ status }: Answer, path: string, cause?: unknown) =>
  new PaymentAway(
    new Error(`payment's answer ${status} to ${path} is not as expected`, {
      cause,
    }),
  );

function away(error: unknown): never {
  throw error instanceof Unanswered ? new PaymentAway(error) : error;
}
