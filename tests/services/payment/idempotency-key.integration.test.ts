import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  assertInvariants,
  json,
  jsonOf,
  payment,
  post,
  usePayments,
} from "../../support/payment/service.ts";

describe("Idempotency-Key", () => {
  const replicas = usePayments();
  let user: string;
  beforeEach(() => {
    user = randomUUID();
    replicas.processor.next.length = 0;
  });
  afterEach(() => assertInvariants(replicas));

  it("rejects a request without the header", async () => {
    const response = await replicas.first.app.request("/pay", {
      method: "POST",
      headers: { ...json, authorization: `Bearer ${user}` },
      body: JSON.stringify(payment(user)),
    });
    const { detail } = await jsonOf<{ detail: string }>(response, 400);
    assert.match(detail, /^Send an Idempotency-Key/);
  });

  for (const key of [" ", "a b", "ü", "x".repeat(256), '""'])
    it(`rejects the value ${JSON.stringify(key).slice(0, 20)}`, async () => {
      const response = await replicas.first.app
        .request("/pay", {
          method: "POST",
          headers: {
            ...json,
            authorization: `Bearer ${user}`,
            "idempotency-key": encodeURIComponent(key) === key ? key : key,
          },
          body: JSON.stringify(payment(user)),
        })
        .catch((error: Error) => error); // the value can't be a header at all
      if (response instanceof Response) assert.equal(response.status, 400);
      else assert.match(response.message, /ByteString|header/i);
    });

  for (const method of ["pm_ok", "pm_declined", "pm_action", "pm_slow"])
    it(`replays the response to a payment with ${method} byte for byte`, async () => {
      const before = replicas.processor.charges.size;
      const key = randomUUID();
      const body = payment(user, { method });
      const first = await post(replicas.first, "/pay", body, user, key);
      assert.equal(first.headers.get("idempotency-replayed"), null);
      const text = await first.text();
      for (const replica of [replicas.first, replicas.second]) {
        const again = await post(replica, "/pay", body, user, key);
        assert.equal(again.status, first.status);
        assert.equal(await again.text(), text);
        assert.equal(again.headers.get("idempotency-replayed"), "true");
        assert.equal(
          again.headers.get("content-type"),
          first.headers.get("content-type"),
        );
      }
      assert.equal(replicas.processor.charges.size, before + 1);
    });

  it("accepts the same key with and without quotes, per the IETF draft", async () => {
    const key = randomUUID();
    await post(replicas.first, "/pay", payment(user), user, key);
    const again = await post(
      replicas.first,
      "/pay",
      payment(user),
      user,
      `"${key}"`,
    );
    assert.equal(again.headers.get("idempotency-replayed"), "true");
  });

  it("rejects a reused key with another body", async () => {
    const key = randomUUID();
    await post(replicas.first, "/pay", payment(user), user, key);
    const other = payment(user, { amount: 1 });
    const { detail } = await jsonOf<{ detail: string }>(
      await post(replicas.second, "/pay", other, user, key),
      422,
    );
    assert.match(detail, /used for another request/);
  });

  it("rejects a reused key with another path", async () => {
    const key = randomUUID();
    const { user_id, ...agreed } = payment(user);
    await post(replicas.first, "/payments", agreed, user, key);
    const response = await post(
      replicas.first,
      "/payments/0198c0de-0000-7000-8000-000000000000/cancel",
      undefined,
      user,
      key,
    );
    assert.equal(response.status, 422);
  });

  it("accepts a key that another user has used", async () => {
    const key = randomUUID();
    const other = randomUUID();
    await post(replicas.first, "/pay", payment(user), user, key);
    const response = await post(
      replicas.first,
      "/pay",
      payment(other),
      other,
      key,
    );
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("idempotency-replayed"), null);
  });

  it("returns 409 while the first request is in flight, and replays its response afterwards", async () => {
    const key = randomUUID();
    const { processor } = replicas;
    const charge = processor.charge;
    const [requested, released] = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
    ];
    processor.charge = async (request) => {
      requested.resolve();
      await released.promise;
      return charge(request);
    };
    const first = post(replicas.first, "/pay", payment(user), user, key);
    try {
      await requested.promise;
      const second = await post(
        replicas.second,
        "/pay",
        payment(user),
        user,
        key,
      );
      assert.equal(second.status, 409);
      assert.equal(second.headers.get("retry-after"), "1");
    } finally {
      released.resolve();
      processor.charge = charge;
    }
    const text = await (await first).text();
    const again = await post(replicas.second, "/pay", payment(user), user, key);
    assert.equal(await again.text(), text);
  });
});
