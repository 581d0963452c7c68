import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { Database } from "@marquee/service-kit";
import { emit } from "../../../../services/payment/outbox/emit.ts";
import {
  header,
  isSignedBy,
  keyEncryptionKey,
  quick,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";
import { until } from "../../../support/until.ts";

describe("Outbox", () => {
  const test = useOutbox();
  const receive = useReceivers();

  it("rejects an amount that JSON would round, and writes nothing", async () => {
    await assert.rejects(test.emit({ amount: 2n ** 53n }), {
      name: "RangeError",
      message:
        "An event's amount is 9007199254740992: JSON carries whole numbers up to 2^53-1 only.",
    });
    assert.deepEqual(await test.first.query("SELECT FROM events"), []);
  });

  it("rejects a lease that is not longer than the endpoint's time to answer", () => {
    assert.throws(
      () => test.open({ times: { leaseMs: 400, responseTimeoutMs: 400 } }),
      {
        name: "RangeError",
        message: /^leaseMs \(400\) has to be greater than responseTimeoutMs/,
      },
    );
  });

  it("rejects a KEY_ENCRYPTION_KEY that is too short", () => {
    assert.throws(
      () => test.open({ keyEncryptionKey: "short" }),
      /KEY_ENCRYPTION_KEY has 5 characters/,
    );
  });

  it("never delivers an event whose transaction was rolled back", async () => {
    const receiver = await receive();
    await test.add(receiver.url);
    const undone = test.first.transaction(async (tx) => {
      await emit(tx, { type: "payment.succeeded", data: { undone: true } });
      throw new Error("undone");
    });
    await assert.rejects(undone, { message: "undone" });
    await test.emit({ undone: false });
    const outbox = test.open();
    assert.equal(await outbox.drainOnce(), 1);
    assert.equal(await outbox.drainOnce(), 0);
    assert.deepEqual(
      receiver.received.map(({ body }) => JSON.parse(body).data),
      [{ undone: false }],
    );
  });

  it("delivers an event to every enabled endpoint that subscribes to its type, and to no other", async () => {
    const all = await receive();
    const refunds = await receive();
    const added = [
      await test.add(all.url),
      await test.add(refunds.url, ["refund.succeeded", "refund.failed"]),
    ];
    const off = await receive();
    const { endpoint } = await test.add(off.url);
    await test.endpoints.change(endpoint.id, { enabled: false });
    await test.emit({ n: 1 }, "payment.succeeded");
    await test.emit({ n: 2 }, "refund.succeeded");
    const outbox = test.open();
    outbox.start();
    await all.until(2);
    await refunds.until(1);
    await outbox.stop();
    assert.equal(all.received.length, 2);
    assert.equal(refunds.received.length, 1);
    assert.equal(off.received.length, 0);
    const [refund] = refunds.received;
    assert.ok(refund);
    assert.equal(JSON.parse(refund.body).data.n, 2);
    // Every endpoint receives the event under the same id, signed with its own secret.
    const same = all.received.find(
      ({ headers }) => headers["webhook-id"] === refund.headers["webhook-id"],
    );
    assert.ok(same);
    assert.ok(isSignedBy(same, added[0]?.secret ?? ""));
    assert.ok(isSignedBy(refund, added[1]?.secret ?? ""));
    assert.ok(!isSignedBy(refund, added[0]?.secret ?? ""));
  });

  it("sends the id, timestamp, signature and signed body of Standard Webhooks", async () => {
    const receiver = await receive();
    const { secret } = await test.add(receiver.url);
    const before = Math.floor(Date.now() / 1000);
    await test.emit({ 2: "b", 1: "a", amount: 2n ** 53n - 1n, name: "Zoë ✓" });
    await test.open().drainOnce();
    const [request] = receiver.received;
    assert.ok(request && isSignedBy(request, secret));
    assert.equal(request.path, "/hooks");
    assert.equal(header(request, "content-type"), "application/json");
    assert.match(header(request, "webhook-id"), /^[0-9a-f-]{36}$/);
    const timestamp = Number(header(request, "webhook-timestamp"));
    assert.ok(timestamp >= before && timestamp <= Date.now() / 1000);
    const body = JSON.parse(request.body);
    assert.deepEqual(Object.keys(body), [
      "type",
      "timestamp",
      "sequence",
      "data",
    ]);
    assert.equal(body.type, "payment.succeeded");
    assert.equal(new Date(body.timestamp).toISOString(), body.timestamp);
    assert.ok(Math.abs(Date.parse(body.timestamp) - Date.now()) < 60_000);
    assert.deepEqual(body.data, {
      1: "a",
      2: "b",
      amount: 9007199254740991,
      name: "Zoë ✓",
    });
    const changed = { ...request, body: request.body.replace("Zoë", "Zoe") };
    assert.ok(!isSignedBy(changed, secret));
  });

  it("numbers events about one row in the order of its lock, even when a waiting transaction began first", async () => {
    const receiver = await receive();
    await test.add(receiver.url);
    await test.first.query("CREATE TABLE thing (id int)");
    await test.first.query("INSERT INTO thing VALUES (1)");
    const lock = "SELECT FROM thing FOR UPDATE";
    // The second transaction begins before the first one emits, and waits for the lock.
    let second: Promise<void> | undefined;
    await test.first.transaction(async (tx) => {
      await tx.query(lock);
      second = test.second.transaction(async (other) => {
        await other.query("SELECT now()");
        await other.query(lock);
        await emit(other, { type: "payment.succeeded", data: { n: 2 } });
      });
      await emit(tx, { type: "payment.requires_action", data: { n: 1 } });
      await until(async () => {
        const [row] = await tx.query<{ waiting: boolean }>(
          "SELECT count(*) > 0 AS waiting FROM pg_locks WHERE NOT granted",
        );
        return row?.waiting === true;
      });
    });
    await second;
    await test.open().drainOnce();
    const bodies = receiver.received
      .map(({ body }) => JSON.parse(body))
      .sort((a, b) => a.sequence - b.sequence);
    assert.deepEqual(
      bodies.map(({ data }) => data.n),
      [1, 2],
    );
    assert.ok(bodies[0].timestamp <= bodies[1].timestamp);
  });

  it("delivers as soon as it is woken, and otherwise at the next poll", async () => {
    const receiver = await receive();
    await test.add(receiver.url);
    const woken = test.open({ times: { pollMs: 60_000 } });
    woken.start();
    await test.emit();
    woken.wake();
    await receiver.until(1);
    await woken.stop();
    test.open({ database: test.second }).start();
    await test.emit();
    await receiver.until(2);
  });

  it("finishes a running delivery when it stops, and begins no other", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const receiver = await receive(held.resolve);
    await test.add(receiver.url);
    await test.emit();
    const outbox = test.open({ times: { stopTimeoutMs: 30_000 } });
    outbox.start();
    const response = await held.promise;
    const stopped = outbox.stop();
    response.writeHead(200).end();
    await stopped;
    const [delivery] = await test.deliveries();
    assert.equal(delivery?.state, "delivered");
    await test.emit();
    await new Promise((resolve) => setTimeout(resolve, 3 * quick.pollMs));
    assert.equal(receiver.received.length, 1);
  });

  describe("stopped while it claims deliveries", () => {
    /** Starts an outbox, and stops it between the claim and the attempt. */
    async function stopAfterClaim(stopTimeoutMs: number) {
      const receiver = await receive();
      await test.add(receiver.url);
      await test.emit();
      const claimed = Promise.withResolvers<void>();
      const resume = Promise.withResolvers<void>();
      const database: Database = {
        ...test.first,
        async query(sql, parameters) {
          const rows = await test.first.query<never>(sql, parameters);
          if (rows.length > 0 && sql.includes("UPDATE webhook_deliveries d")) {
            claimed.resolve();
            await resume.promise;
          }
          return rows;
        },
      };
      const outbox = test.open({ database, times: { stopTimeoutMs } });
      outbox.start();
      await claimed.promise;
      return { receiver, resume, stopped: outbox.stop() };
    }

    it("delivers what it has claimed, so that no replica waits for the lease", async () => {
      const { resume, stopped } = await stopAfterClaim(30_000);
      resume.resolve();
      await stopped;
      const [delivery] = await test.deliveries();
      assert.equal(delivery?.state, "delivered");
    });

    it("releases what it has claimed if the time to stop is over", async () => {
      const { receiver, resume, stopped } = await stopAfterClaim(1);
      await stopped;
      resume.resolve();
      await until(async () => {
        const [delivery] = await test.deliveries();
        return delivery?.attempts === 0 && delivery.due <= 0;
      });
      const [delivery] = await test.deliveries();
      assert.deepEqual([delivery?.state, delivery?.tries], ["pending", 0]);
      assert.equal(receiver.received.length, 0);
    });
  });

  it("stores endpoints' secrets only encrypted, and does not list them", async () => {
    const receiver = await receive();
    const { secret, endpoint } = await test.add(receiver.url);
    await test.endpoints.rotate(test.first, endpoint.id, 60);
    const [row] = await test.first.query<{ text: string }>(
      "SELECT webhook_endpoints::text || encode(secret, 'escape') || encode(old_secret, 'base64') AS text FROM webhook_endpoints",
    );
    const key = Buffer.from(secret.slice(6), "base64");
    for (const form of ["hex", "base64", "latin1"] as const)
      assert.ok(!row?.text.includes(key.toString(form)));
    assert.ok(!JSON.stringify(await test.endpoints.list()).includes("secret"));
    assert.ok(!row?.text.includes(keyEncryptionKey));
  });
});
