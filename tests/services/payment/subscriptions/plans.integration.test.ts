import assert from "node:assert/strict";
import { jsonOf } from "../../../support/payment/service.ts";
import {
  subscriptionReplica,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";

describe("Plans", () => {
  const replicas = useSubscriptions();

  it("returns the plans without authentication, and lets public caches keep them", async () => {
    const response = await replicas.first.app.request("/plans");
    assert.equal(response.headers.get("cache-control"), "public, max-age=300");
    const { data } = await jsonOf<{ data: unknown[] }>(response, 200);
    assert.deepEqual(data[1], {
      id: "standard",
      name: "Standard",
      amount: 1299,
      currency: "USD",
      interval: "P1M",
      includes: { resolution: "1080p", screens: 2 },
    });
    const again = await replicas.first.app.request("/plans", {
      headers: { "if-none-match": response.headers.get("etag") ?? "" },
    });
    assert.equal(again.status, 304);
  });

  it("returns the configured billing period with the plans", async () => {
    const { database, processor } = { ...replicas.first, ...replicas };
    const yearly = subscriptionReplica(database, processor, { period: "P1Y" });
    await yearly.service.start();
    const { data } = await jsonOf<{ data: { interval: string }[] }>(
      await yearly.app.request("/plans"),
      200,
    );
    assert.equal(data[0]?.interval, "P1Y");
    await yearly.service.shutdown();
  });

  for (const [times, message] of [
    [
      { period: "1 month" },
      /^period is "1 month": expected a positive ISO 8601/,
    ],
    [
      { gracePeriod: "PT0S" },
      /^gracePeriod is "PT0S": expected a positive ISO 8601/,
    ],
    [
      { retryFractions: [0.5, 1] },
      /^retryFractions contains 1: expected fractions/,
    ],
  ] as const)
    it(`rejects the billing times ${JSON.stringify(times)} with a reason`, () => {
      const { database } = replicas.first;
      assert.throws(
        () => subscriptionReplica(database, replicas.processor, times),
        { message },
      );
    });
});
