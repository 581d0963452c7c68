import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Answer,
  ApiError,
  answerOf,
  type Failure,
  failed,
  invalid,
  refusal,
  secretKey,
} from "./api-answers.ts";
import { newMethod, visa } from "./api-methods.ts";
import {
  cancel,
  found,
  type Intent,
  id,
  list,
  type Method,
  nested,
  newIntent,
} from "./api-objects.ts";
import { type ApiRefund, newRefund } from "./api-refunds.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";

/**
 * The part of Stripe's API that payment uses, in memory: idempotency keys, PaymentIntents, refunds, and a search whose
 * index lags. https://docs.stripe.com/api
 */
export class StripeApi {
  url = "";
  /** The mishaps of the next requests, one each; later requests succeed. */
  next: Failure[] = [];
  readonly intents = new Map<string, Intent>();
  readonly refunds = new Map<string, ApiRefund>();
  readonly customers = new Map<
    string,
    { id: string; object: "customer"; metadata: Record<string, string> }
  >();
  readonly methods = new Map<string, Method>([
    ...["pm_card_visa", "pm_card_slow"].map(
      (token) => [token, visa(id("pm"))] as const,
    ),
    [
      "pm_sepa",
      { id: "pm_sepa", customer: null, type: "sepa_debit", sepa_debit: {} },
    ],
  ]);
  /** All requests, such as "POST /v1/refunds". */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  /** Whether the account may send card numbers. */
  rawCardData = true;
  /** Whether search finds new PaymentIntents at once. */
  indexed = true;
  /** Whether idempotency keys are forgotten. Stripe keeps them for at least 24 hours. */
  forgetful = false;
  /** Milliseconds of delay, before a keyed request is handled and before any answer. */
  slow = 0;
  readonly #keys = new IdempotencyKeys();
  readonly #unindexed = new Set<string>();
  readonly #used = new Set<string>();
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error) => {
      response.destroy(error);
    });
  });

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = this.#server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Sets the status after the customer's action or the bank's decision. */
  act(reference: string, status: string): void {
    const intent = this.intents.get(reference);
    if (!intent) throw new Error(`There is no ${reference}.`);
    intent.status = status;
    intent.next_action = null;
  }

  /** Makes search find all PaymentIntents. */
  index(): void {
    this.#unindexed.clear();
  }

  /** The number of successful charges. */
  charged(): number {
    const intents = [...this.intents.values()];
    return intents.filter(({ status }) => status === "succeeded").length;
  }

  async #handle(request: IncomingMessage, response: ServerResponse) {
    const { method = "", headers } = request;
    const url = new URL(request.url ?? "", this.url);
    this.requests.push(`${method} ${url.pathname}`);
    this.headers.push(headers);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const failure = this.next.shift();
    if (failure === "unreachable") return request.socket.destroy();
    const { status, body: answer } =
      answerOf(failure) ??
      (headers.authorization === `Bearer ${secretKey}`
        ? await this.#keyed(method, url, headers, body, failure)
        : refusal(401));
    if (failure === "answer lost") return request.socket.destroy();
    if (failure === "no answer") return;
    if (this.slow) await delay(this.slow);
    response.writeHead(status, {
      "content-type": failure === "502" ? "text/html" : "application/json",
      "request-id": "req_of_the_tests",
    });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  }

  async #keyed(
    method: string,
    url: URL,
    headers: IncomingMessage["headers"],
    body: string,
    failure?: Failure,
  ): Promise<Answer> {
    const key = headers["idempotency-key"];
    if (method !== "POST" || typeof key !== "string" || this.forgetful)
      return this.#answered(method, url, body);
    return this.#keys.answer(key, `${url.pathname} ${body}`, async () => {
      if (this.slow) await delay(this.slow);
      if (failure === "500 before") return failed;
      const done = await this.#answered(method, url, body);
      return failure === "500 after" ? failed : done;
    });
  }

  async #answered(method: string, url: URL, content: string): Promise<Answer> {
    try {
      const form =
        method === "POST" ? new URLSearchParams(content) : url.searchParams;
      // A copy, since the answer kept for a key must not change.
      const body = structuredClone(
        this.#route(`${method} ${url.pathname}`, form),
      );
      return { status: 200, body };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.status, body: structuredClone(error.body) };
    }
  }

  #route(route: string, form: URLSearchParams): unknown {
    const reference = route.split("/")[3] ?? "";
    switch (route.replace(/\/(pi|re|pm)_\w+/, "/:id")) {
      case "POST /v1/payment_methods": {
        const method = newMethod(form, this.rawCardData);
        this.methods.set(method.id, method);
        return method;
      }
      case "GET /v1/payment_methods/:id": {
        const method = found(this.methods, reference);
        const { customer } = method;
        if (form.get("expand[0]") !== "customer" || !customer) return method;
        return { ...method, customer: found(this.customers, customer) };
      }
      case "POST /v1/customers": {
        const metadata = nested(form, "metadata");
        const object = "customer" as const;
        const customer = { id: id("cus"), object, metadata };
        this.customers.set(customer.id, customer);
        return customer;
      }
      case "POST /v1/payment_intents":
        return this.#create(form);
      case "GET /v1/payment_intents/search":
        return list(this.#search(form.get("query") ?? ""), "search_result");
      case "GET /v1/payment_intents/:id":
        return found(this.intents, reference);
      case "POST /v1/payment_intents/:id/cancel":
        return cancel(found(this.intents, reference));
      case "POST /v1/refunds": {
        const refund = newRefund(form, this.intents, this.refunds);
        this.refunds.set(refund.id, refund);
        return refund;
      }
      case "GET /v1/refunds": {
        const intent = form.get("payment_intent");
        const refunds = [...this.refunds.values()].reverse();
        if (intent === null) return list(refunds);
        return list(refunds.filter((one) => one.payment_intent === intent));
      }
      case "GET /v1/refunds/:id":
        return found(this.refunds, reference);
      default:
        throw invalid(`Unrecognized request URL (${route}).`, {}, 404);
    }
  }

  #create(form: URLSearchParams): Intent {
    const intent = newIntent(form, this.#used, this.methods);
    this.intents.set(intent.id, intent);
    if (!this.indexed) this.#unindexed.add(intent.id);
    if (intent.last_payment_error)
      throw new ApiError(402, "card_error", "", {
        ...(intent.last_payment_error as object),
        payment_intent: intent,
      });
    return intent;
  }

  #search(query: string): Intent[] {
    const key = /^metadata\['key'\]:'([^']*)'$/.exec(query)?.[1];
    if (key === undefined) throw invalid(`We can't read the query ${query}`);
    return [...this.intents.values()].filter(
      (intent) =>
        intent.metadata.key === key && !this.#unindexed.has(intent.id),
    );
  }
}

/** Gives the calling suite its own fake of Stripe's API. */
export function useStripeApi(): StripeApi {
  const api = new StripeApi();
  before(() => api.start());
  after(() => api.stop());
  beforeEach(() => {
    api.next.length = 0;
    api.requests.length = 0;
    api.rawCardData = true;
    api.indexed = true;
    api.forgetful = false;
    api.slow = 0;
  });
  return api;
}
