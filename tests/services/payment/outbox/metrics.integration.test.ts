import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { createOutboxMetrics } from "../../../../services/payment/outbox/metrics.ts";
import { useOutbox, useReceivers } from "../../../support/payment/outbox.ts";

describe("Outbox metrics", () => {
  const test = useOutbox();
  const receive = useReceivers();

  it("counts attempts by outcome, and reports the lag and the number of dead deliveries", async () => {
    const registry = new Registry();
    const metrics = createOutboxMetrics(registry, test.second);
    const value = async (name: string) => {
      const text = await registry.metrics();
      const line = text.split("\n").find((line) => line.startsWith(`${name} `));
      return Number(line?.split(" ").at(-1));
    };
    const count = (outcome: string) =>
      value(`webhook_deliveries_total{outcome="${outcome}"}`);
    for (const outcome of ["delivered", "failed", "gone", "dead"])
      assert.equal(await count(outcome), 0);
    assert.equal(await value("outbox_lag_seconds"), 0);

    const receiver = await receive();
    const { endpoint } = await test.add(receiver.url);
    await test.emit();
    await test.first.query(
      "UPDATE events SET created_at = now() - interval '90 seconds'",
    );
    const lag = await value("outbox_lag_seconds");
    assert.ok(lag >= 90 && lag < 150, `${lag}`);
    const once = (retries: number[]) =>
      test.open({ metrics, times: { retryDelaysMs: retries } }).drainOnce();
    await once([]);
    assert.equal(await count("delivered"), 1);
    assert.equal(await value("outbox_lag_seconds"), 0);

    receiver.reply = 500;
    await test.emit();
    await once([60_000]);
    assert.equal(
      await value("outbox_lag_seconds"),
      0,
      "the delivery is not due yet",
    );
    await test.first.query(
      "UPDATE webhook_deliveries SET next_attempt_at = now() - interval '40 seconds' WHERE state = 'pending'",
    );
    const due = await value("outbox_lag_seconds");
    assert.ok(due >= 40 && due < 100, `${due}`);
    await once([]);
    assert.equal(await value("webhook_deliveries_dead"), 1);
    receiver.reply = 410;
    await test.emit();
    await once([60_000]);
    await test.first.query(
      "UPDATE webhook_deliveries SET next_attempt_at = now() - interval '40 seconds' WHERE state = 'pending'",
    );
    assert.equal(
      await value("outbox_lag_seconds"),
      0,
      "the endpoint is disabled",
    );
    for (const outcome of ["delivered", "failed", "gone", "dead"])
      assert.equal(await count(outcome), 1, outcome);
    assert.ok(!(await registry.metrics()).includes(endpoint.id));
  });
});
