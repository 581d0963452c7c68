import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { useClock } from "../../../support/clock.ts";
import {
  newViewer,
  no,
  useEntitlements,
  yes,
} from "../../../support/streaming/entitlements.ts";
import { answer } from "../../../support/streaming/upstream.ts";

describe("Entitlements", () => {
  const test = useEntitlements();
  const { payment, replica, requestCount, entitledViewer } = test;
  const clock = useClock();
  /** lru-cache reads the time once a millisecond. */
  const passes = (ms: number) => {
    clock.advance(ms);
    return delay(5);
  };

  for (const status of [401, 403])
    it(`fails without a retry when payment answers ${status}, even for a viewer who was entitled`, async () => {
      const viewer = await entitledViewer();
      payment.handler = (_, response) => answer(response, status, {});
      const before = requestCount();
      await assert.rejects(replica().check(viewer), { status });
      assert.equal(requestCount(), before + 1, "the request was retried");
    });

  it("sends payment the viewer's own token", async () => {
    payment.handler = (_, response) => yes(response);
    const viewer = newViewer();
    assert.equal((await replica().check(viewer)).source, "payment");
    const [{ url, method, headers } = {}] = payment.requests;
    assert.equal(url, `/entitlements/${viewer.userId}`);
    assert.equal(method, "GET");
    assert.equal(headers?.authorization, "Bearer a.b.c");
  });

  it("asks payment once for concurrent calls of the same viewer", async () => {
    payment.handler = (_, response) => setTimeout(yes, 30, response);
    const entitlements = replica();
    const viewer = newViewer();
    const all = Array.from({ length: 50 }, () => entitlements.check(viewer));
    for (const { entitled } of await Promise.all(all))
      assert.equal(entitled, true);
    assert.equal(requestCount(), 1);
    await entitlements.check(newViewer());
    assert.equal(requestCount(), 2);
  });

  it("caches an answer for its max-age, up to the configured limit", async () => {
    const viewer = newViewer();
    payment.handler = (_, response) => yes(response, { maxAge: 3600 });
    const entitlements = replica({ positiveMaxAgeMs: 500_000 });
    for (let time = 0; time < 5; time++) await entitlements.check(viewer);
    assert.equal(requestCount(), 1);
    await passes(500_001);
    await entitlements.check(viewer);
    assert.equal(requestCount(), 2);
    payment.handler = (_, response) => yes(response, { maxAge: 0 });
    await passes(500_001);
    for (let time = 0; time < 3; time++) await entitlements.check(viewer);
    assert.equal(requestCount(), 5);
  });

  it("does not cache an answer without Cache-Control", async () => {
    payment.handler = (_, response) =>
      answer(response, 200, { entitled: true, status: "active" });
    const [entitlements, viewer] = [replica(), newViewer()];
    await entitlements.check(viewer);
    await entitlements.check(viewer);
    assert.equal(requestCount(), 2);
  });

  it("does not cache an answer beyond the entitlement's end", async () => {
    const until = new Date(Date.now() + 60_000);
    payment.handler = (_, response) => yes(response, { until });
    const [entitlements, viewer] = [replica(), newViewer()];
    await entitlements.check(viewer);
    payment.handler = (_, response) => no(response);
    await passes(60_000);
    assert.equal((await entitlements.check(viewer)).entitled, false);
  });

  it("caches a denial up to its own limit", async () => {
    payment.handler = (_, response) => no(response, 3600);
    const [entitlements, viewer] = [
      replica({ negativeMaxAgeMs: 400_000 }),
      newViewer(),
    ];
    assert.deepEqual(await entitlements.check(viewer), {
      entitled: false,
      status: "none",
      source: "payment",
    });
    await entitlements.check(viewer);
    assert.equal(requestCount(), 1);
    await passes(400_001);
    payment.handler = (_, response) => yes(response);
    assert.equal((await entitlements.check(viewer)).entitled, true);
  });

  it("asks payment again after a cached answer was forgotten", async () => {
    payment.handler = (_, response) => no(response);
    const [entitlements, viewer] = [replica(), newViewer()];
    await entitlements.check(viewer);
    payment.handler = (_, response) => yes(response);
    entitlements.forget(viewer.userId);
    assert.equal((await entitlements.check(viewer)).entitled, true);
  });

  it("does not cache an answer requested before `forget`", async () => {
    const waiting = Promise.withResolvers<ServerResponse>();
    payment.handler = (_, response) => waiting.resolve(response);
    const [entitlements, viewer] = [replica(), newViewer()];
    const before = entitlements.check(viewer);
    const response = await waiting.promise;
    payment.handler = (_, response) => yes(response);
    entitlements.forget(viewer.userId);
    assert.equal((await entitlements.check(viewer)).entitled, true);
    no(response);
    assert.equal((await before).entitled, false);
    assert.equal((await entitlements.check(viewer)).entitled, true);
  });
});
