import assert from "node:assert/strict";
import { checkDocument, documentOf } from "../../../support/openapi.ts";
import { usePayments } from "../../../support/payment/service.ts";

describe("Payment's OpenAPI document", () => {
  const replicas = usePayments();

  const operations = async () => {
    const { paths } = await documentOf(replicas.first.service.app);
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        method,
        ...operation,
      })),
    );
  };

  it("is valid OpenAPI 3.1", async () => {
    checkDocument(await documentOf(replicas.first.service.app));
  });

  it("lists every route with its authentication", async () => {
    const by = (await operations()).map(
      ({ name, security = [] }) =>
        `${name}: ${security.flatMap(Object.keys).join(" or ") || "anybody"}`,
    );
    assert.deepEqual(by.sort(), [
      "DELETE /webhook-endpoints/{id}: operator",
      "GET /entitlements/{user}: bearer or operator",
      "GET /events/{id}: operator",
      "GET /events: operator",
      "GET /ledger/audit: operator",
      "GET /ledger/balances: operator",
      "GET /payments/{id}/refunds: bearer or operator",
      "GET /payments/{id}: bearer or operator",
      "GET /payments: bearer",
      "GET /plans: anybody",
      "GET /subscriptions/{id}: bearer or operator",
      "GET /subscriptions: bearer",
      "GET /webhook-deliveries: operator",
      "GET /webhook-endpoints/{id}: operator",
      "GET /webhook-endpoints: operator",
      "PATCH /webhook-endpoints/{id}: operator",
      "POST /pay: bearer",
      "POST /payments/{id}/cancel: bearer",
      "POST /payments/{id}/confirm: bearer",
      "POST /payments/{id}/refunds: operator",
      "POST /payments: bearer",
      "POST /subscriptions/{id}/cancel: bearer or operator",
      "POST /subscriptions/{id}/method: bearer",
      "POST /subscriptions/{id}/resume: bearer",
      "POST /subscriptions: bearer",
      "POST /webhook-deliveries/{id}/redeliver: operator",
      "POST /webhook-endpoints/{id}/rotate: operator",
      "POST /webhook-endpoints/{id}/test: operator",
      "POST /webhook-endpoints: operator",
    ]);
  });

  it("documents 503 for every operation, and 401 for every operation with authentication", async () => {
    for (const { name, responses, security } of await operations()) {
      assert.ok(responses[503], name);
      if (security) assert.ok(responses[401], name);
    }
  });

  it("requires an Idempotency-Key for every POST and for no other method", async () => {
    for (const {
      name,
      method,
      parameters = [],
      responses,
    } of await operations()) {
      const key = parameters.find((one) => one.name === "idempotency-key");
      assert.equal(key?.required, method === "post" || undefined, name);
      if (method === "post")
        for (const status of [400, 409, 422])
          assert.ok(responses[status], `${name}: ${status}`);
    }
  });
});
