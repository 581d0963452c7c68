import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createApi, createService } from "@marquee/service-kit";
import { onError } from "../../../services/payment/http/errors.ts";
import { createIdempotency } from "../../../services/payment/http/idempotency.ts";
import { createOperator } from "../../../services/payment/http/operator.ts";
import type { Outbox } from "../../../services/payment/outbox/outbox.ts";
import { createPayments } from "../../../services/payment/payments/payments.ts";
import { eventRoutes } from "../../../services/payment/routes/events.ts";
import { webhookEndpointActionRoutes } from "../../../services/payment/routes/webhook-endpoint-actions.ts";
import { webhookEndpointRoutes } from "../../../services/payment/routes/webhook-endpoints.ts";
import { conforming } from "../openapi.ts";
import { keyEncryptionKey, type TestOutbox } from "./outbox.ts";

export const operatorKey = "operator-key-of-the-test-32-chars-long";
/** An id that does not exist. */
export const unknownId = "01890000-0000-7000-8000-000000000000";

// biome-ignore lint/suspicious/noExplicitAny: each test asserts the shape of its response
export type Json = any;

const authorization = `Bearer ${operatorKey}`;

/**
 * Gives the calling suite only the webhook and event routes, called as an operator, and an outbox that polls only when
 * woken and makes one attempt. Every response is checked against the OpenAPI document.
 */
export function useWebhookApi(test: TestOutbox) {
  const service = createService();
  const app = conforming(service.app);
  let outbox: Outbox;
  before(() => {
    const api = createApi({
      title: "Webhooks",
      version: "1",
      description: "",
      unavailable: true,
      securitySchemes: { operator: { type: "http", scheme: "bearer" } },
    });
    const dependencies = {
      database: test.first,
      endpoints: test.endpoints,
      outbox: { wake: () => outbox.wake() },
      operator: createOperator(operatorKey),
      idempotent: createIdempotency(keyEncryptionKey),
      payments: createPayments({
        database: test.first,
        processor: {} as never, // no test charges
        responses: {} as never, // no test calls the processor
        onChange: async () => {},
      }),
    };
    api.app.onError(onError);
    webhookEndpointRoutes(api, dependencies);
    webhookEndpointActionRoutes(api, dependencies);
    eventRoutes(api, dependencies);
    service.app.route("/", api.app);
  });
  beforeEach(() => {
    outbox = test.open({ times: { pollMs: 60_000, retryDelaysMs: [] } });
    outbox.start();
  });

  const send = (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) =>
    app.request(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        authorization,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(method === "POST" ? { "idempotency-key": randomUUID() } : {}),
        ...headers,
      },
    });
  async function json(answer: Promise<Response>, status = 200): Promise<Json> {
    const response = await answer;
    const text = await response.text();
    assert.equal(response.status, status, text);
    return JSON.parse(text);
  }
  return {
    service,
    send,
    json,
    get: (path: string) => json(send("GET", path)),
    add: (url: string, types?: string[]) =>
      json(send("POST", "/webhook-endpoints", { url, types }), 201),
    /** Wakes the outbox, as an event emitted in this process would. */
    wake: () => outbox.wake(),
  };
}
