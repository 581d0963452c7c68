import assert from "node:assert/strict";
import { useClock } from "../../../support/clock.ts";
import {
  assertUnavailable,
  newViewer,
  useEntitlements,
  yes,
} from "../../../support/streaming/entitlements.ts";
import { answer } from "../../../support/streaming/upstream.ts";

describe("Circuit breaker of payment", () => {
  const test = useEntitlements();
  const { payment, replica, requestCount, entitledViewer, shown } = test;
  const clock = useClock();
  const rest = 300_000;

  it("opens while payment fails, and closes when payment is available again", async () => {
    const viewer = await entitledViewer();
    payment.requests = [];
    payment.handler = (_, response) => answer(response, 500, {});
    const entitlements = replica({
      breakerFailures: 4,
      breakerRestMs: rest,
      negativeMaxAgeMs: 0,
    });
    for (let time = 0; time < 10; time++)
      assert.equal((await entitlements.check(viewer)).source, "remembered");
    assert.equal(requestCount(), 4);
    const state = "streaming_payment_breaker_state";
    assert.deepEqual(await shown(state), [`${state}{state="open"} 1`]);

    payment.handler = (_, response) => yes(response);
    clock.advance(rest + 1);
    assert.equal((await entitlements.check(viewer)).source, "payment");
    assert.deepEqual(await shown(state), [`${state}{state="closed"} 1`]);
  });

  it("sends one trial request for concurrent calls when the pause is over", async () => {
    payment.handler = (_, response) => answer(response, 500, {});
    const entitlements = replica({ breakerFailures: 3, breakerRestMs: rest });
    await assertUnavailable(entitlements.check(newViewer()));
    clock.advance(rest + 1);
    payment.requests = [];
    payment.handler = (_, response) => setTimeout(answer, 100, response, 500);
    const all = Array.from({ length: 20 }, () =>
      assertUnavailable(entitlements.check(newViewer())),
    );
    await Promise.all(all);
    assert.equal(requestCount(), 1);
  });

  it("stays closed when payment rejects tokens", async () => {
    payment.handler = (_, response) => answer(response, 401, {});
    const entitlements = replica({ breakerFailures: 2 });
    for (let time = 0; time < 6; time++)
      await assert.rejects(entitlements.check(newViewer()), { status: 401 });
    payment.handler = (_, response) => yes(response);
    assert.equal((await entitlements.check(newViewer())).source, "payment");
  });

  it("counts entitlement answers by their source", async () => {
    const viewer = await entitledViewer();
    payment.handler = (_, response) => yes(response);
    const entitlements = replica({ breakerFailures: 1 });
    await entitlements.check(viewer);
    await entitlements.check(viewer);
    entitlements.forget(viewer.userId);
    await payment.down();
    await entitlements.check(viewer);
    await assertUnavailable(entitlements.check(newViewer()));
    const name = "streaming_entitlement_answers_total";
    assert.deepEqual(
      await shown(name),
      ["payment", "cache", "remembered", "none"].map(
        (source) => `${name}{source="${source}"} 1`,
      ),
    );
  });
});
