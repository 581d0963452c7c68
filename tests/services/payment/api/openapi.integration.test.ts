import assert from "node:assert/strict";
import { checkDocument, documentOf } from "../../../support/openapi.ts";
import { usePayments } from "../../../support/payment/service.ts";

describe("The OpenAPI document of payment", () => {
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

  it("is as OpenAPI 3.1 has it", async () => {
    checkDocument(await documentOf(replicas.first.service.app));
  });

  it("has every route of the API, and says who may use each", async () => {
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

  it("says of each that the database may be away, and of each with a caller that it answers 401", async () => {
    for (const { name, responses, security } of await operations()) {
      assert.ok(responses[503], name);
      if (security) assert.ok(responses[401], name);
    }
  });

  it("says of each POST that it has to have an Idempotency-Key", async () => {
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
