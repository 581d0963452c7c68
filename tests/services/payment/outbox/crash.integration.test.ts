import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import {
  header,
  isSignedBy,
  keyEncryptionKey,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";
import { start, stopPrograms } from "../../../support/program.ts";
import { until } from "../../../support/until.ts";

describe("Webhook delivery: interrupted and outdated attempts", () => {
  const test = useOutbox();
  const receive = useReceivers();
  stopPrograms();
  const endLease = () =>
    test.first.query("UPDATE webhook_deliveries SET next_attempt_at = now()");

  it("delivers with the same id from another replica when a killed replica's lease expires", async () => {
    const receiver = await receive(() => {}); // receives the request, and never answers
    const { secret } = await test.add(receiver.url);
    await test.emit({ n: 1 });
    const replica = await start("tests/support/programs/payment-outbox.ts", {
      url: test.url,
    });
    await receiver.until(1);
    process.kill(replica.pid, "SIGKILL");
    await replica.end;
    receiver.reply = 204;
    const outbox = test.open({ database: test.second });
    assert.equal(
      await outbox.drainOnce(),
      0,
      "the killed replica's lease has not expired",
    );
    await endLease();
    outbox.start();
    await receiver.until(2);
    const [first, second] = receiver.received;
    assert.ok(first && second);
    assert.equal(header(second, "webhook-id"), header(first, "webhook-id"));
    assert.equal(second.body, first.body);
    assert.ok(isSignedBy(second, secret));
    await until(
      async () => (await test.deliveries())[0]?.state === "delivered",
    );
  });

  it("abandons an unanswered attempt when the replica stops, and delivers from another replica", async () => {
    const receiver = await receive(() => {});
    await test.add(receiver.url);
    await test.emit();
    const long = {
      responseTimeoutMs: 600_000,
      leaseMs: 700_000,
      stopTimeoutMs: 50,
    };
    const outbox = test.open({ times: long });
    outbox.start();
    await receiver.until(1);
    let early = true;
    delay(long.stopTimeoutMs - 1).then(() => {
      early = false;
    });
    await outbox.stop();
    assert.ok(!early, "it gave the delivery up early");
    const [delivery] = await test.deliveries();
    assert.equal(delivery?.state, "pending");
    assert.equal(delivery?.last_error, null);
    await endLease();
    receiver.reply = 204;
    assert.equal(await test.open().drainOnce(), 1);
    assert.equal((await test.deliveries())[0]?.state, "delivered");
  });

  it("keeps another replica's result when an attempt fails after its lease expired", async () => {
    const held: ServerResponse[] = [];
    const receiver = await receive((response) => held.push(response));
    await test.add(receiver.url);
    await test.emit();
    const slow = test.open().drainOnce();
    await receiver.until(1);
    await endLease();
    receiver.reply = 204;
    await test.open({ database: test.second }).drainOnce();
    held[0]?.writeHead(500).end();
    await slow;
    const [delivery] = await test.deliveries();
    assert.equal(delivery?.state, "delivered");
    assert.equal(delivery?.last_status, 204);
    assert.equal(delivery?.attempts, 2);
  });

  it("keeps a delivery alive that another replica attempts when an attempt fails after its lease expired", async () => {
    const held: ServerResponse[] = [];
    const receiver = await receive((response) => held.push(response));
    await test.add(receiver.url);
    await test.emit();
    const times = { retryDelaysMs: [] };
    const slow = test.open({ times }).drainOnce();
    await receiver.until(1);
    await endLease();
    const other = test.open({ database: test.second, times }).drainOnce();
    await receiver.until(2);
    held[0]?.writeHead(500).end();
    await slow;
    assert.equal((await test.deliveries())[0]?.state, "pending");
    held[1]?.writeHead(204).end();
    await other;
    assert.equal((await test.deliveries())[0]?.state, "delivered");
  });

  it("does not restore an endpoint that was removed during the attempt", async () => {
    const held: ServerResponse[] = [];
    const receiver = await receive((response) => held.push(response));
    const { endpoint } = await test.add(receiver.url);
    await test.emit();
    const round = test.open().drainOnce();
    await receiver.until(1);
    assert.equal(await test.endpoints.remove(endpoint.id), true);
    held[0]?.writeHead(410).end();
    await round;
    assert.deepEqual(await test.deliveries(), []);
    assert.deepEqual(await test.endpoints.list(), []);
  });

  it("keeps an endpoint enabled when its former URL answers 410", async () => {
    const held: ServerResponse[] = [];
    const receiver = await receive((response) => held.push(response));
    const { endpoint } = await test.add(receiver.url);
    await test.emit();
    const round = test.open().drainOnce();
    await receiver.until(1);
    const url = `${receiver.url}/new`;
    await test.endpoints.change(endpoint.id, { url });
    held[0]?.writeHead(410).end();
    await round;
    assert.equal((await test.endpoints.find(endpoint.id))?.disabled, null);
    receiver.reply = 204;
    test.open().start();
    await receiver.until(2);
    assert.equal(receiver.received[1]?.path, "/hooks/new");
  });

  it("logs a dead delivery without secrets, the URL's query or the event's data", async () => {
    const receiver = await receive(500);
    const { secret } = await test.add(`${receiver.url}?token=in-the-url`);
    await test.emit({ private: "data-of-the-event" });
    const replica = await start(
      "tests/support/programs/payment-outbox.ts",
      { url: test.url },
      { LOG_LEVEL: "trace" },
    );
    const line = await replica.untilLogged(
      "gave up a webhook delivery; it can be redelivered",
    );
    assert.equal(line.error, "it responded with 500");
    assert.equal(line.status, 500);
    assert.match(`${line.deliveryId}`, /^\d+$/);
    const { stdout, stderr } = replica.out;
    for (const hidden of [
      secret.slice(6),
      "whsec",
      "in-the-url",
      "data-of-the-event",
      keyEncryptionKey,
    ])
      assert.ok(!(stdout + stderr).includes(hidden), hidden);
  });
});
