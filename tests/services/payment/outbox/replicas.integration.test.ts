import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { emit } from "../../../../services/payment/outbox/emit.ts";
import { useOutbox, useReceivers } from "../../../support/payment/outbox.ts";
import { until } from "../../../support/until.ts";

describe("Outbox with several replicas and endpoints", () => {
  const test = useOutbox();
  const receive = useReceivers();

  it("delivers each event once from two concurrent replicas", async () => {
    const receiver = await receive((response) =>
      setTimeout(() => response.writeHead(200).end(), 5),
    );
    await test.add(receiver.url);
    const number = 120;
    await test.first.transaction(async (tx) => {
      for (let n = 0; n < number; n++)
        await emit(tx, { type: "payment.succeeded", data: { n } });
    });
    for (const database of [test.first, test.second])
      test.open({ database }).start();
    await receiver.until(number);
    await until(async () =>
      (await test.deliveries()).every(({ state }) => state === "delivered"),
    );
    const sent = receiver.received.map(({ body }) => JSON.parse(body).data.n);
    assert.equal(sent.length, number);
    assert.equal(new Set(sent).size, number);
    const deliveries = await test.deliveries();
    assert.deepEqual(
      [...new Set(deliveries.map(({ attempts }) => attempts))],
      [1],
    );
  });

  it("limits the concurrent deliveries to each endpoint", async () => {
    const held: ServerResponse[] = [];
    /** Answers once three requests are waiting. */
    const slow = await receive((response) => {
      held.push(response);
      if (held.length === 3)
        for (const each of held.splice(0)) each.writeHead(200).end();
    });
    await test.add(slow.url);
    for (let n = 0; n < 12; n++) await test.emit({ n });
    test.open({ limits: { perEndpoint: 3 } }).start();
    await slow.until(12);
    assert.equal(slow.atOnce(), 3);
    slow.reply = (response) =>
      setTimeout(() => response.writeHead(200).end(), 20);
    await test.add(slow.url);
    await test.add(slow.url);
    for (let n = 0; n < 5; n++) await test.emit({ n });
    await slow.until(27);
    assert.ok(slow.atOnce() <= 9);
  });

  it("delivers at most the total limit per round", async () => {
    const receiver = await receive();
    await test.add(receiver.url);
    for (let n = 0; n < 5; n++) await test.emit({ n });
    const outbox = test.open({ limits: { total: 2 } });
    assert.equal(await outbox.drainOnce(), 2);
    assert.equal(await outbox.drainOnce(), 2);
    assert.equal(await outbox.drainOnce(), 1);
    assert.equal(await outbox.drainOnce(), 0);
  });

  it("delivers to another endpoint while slow endpoints have a backlog", async () => {
    const dead = await receive(() => {}); // never answers
    for (let n = 0; n < 3; n++) await test.add(dead.url);
    for (let n = 0; n < 40; n++) await test.emit({ n });
    const outbox = test.open({
      limits: { total: 8, perEndpoint: 2 },
      times: { responseTimeoutMs: 600_000, leaseMs: 700_000 }, // no attempt times out during this test
    });
    outbox.start();
    await dead.until(6);
    const good = await receive();
    await test.add(good.url);
    for (let n = 0; n < 10; n++) await test.emit({ n });
    outbox.wake();
    await good.until(10);
  });

  it("delivers to another endpoint even when slow endpoints fill the total limit", async () => {
    const dead = await receive(() => {});
    for (let n = 0; n < 4; n++) await test.add(dead.url);
    for (let n = 0; n < 40; n++) await test.emit({ n });
    const times = { responseTimeoutMs: 100, retryDelaysMs: [0, 0, 0, 0] };
    test.open({ limits: { total: 4, perEndpoint: 2 }, times }).start();
    await dead.until(4);
    const good = await receive();
    await test.add(good.url);
    const before = dead.received.length;
    await test.emit({ n: "for this one, too" });
    await good.until(1);
    // The slow endpoints' 800 attempts were due first, and the new one's did not wait for all of them.
    const meanwhile = dead.received.length - before;
    assert.ok(meanwhile < 80, `${meanwhile}`);
  });
});
