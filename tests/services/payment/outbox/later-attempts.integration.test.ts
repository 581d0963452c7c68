import assert from "node:assert/strict";
import { redeliver } from "../../../../services/payment/outbox/deliveries.ts";
import { createEndpoints } from "../../../../services/payment/outbox/endpoints.ts";
import { freePort } from "../../../support/free-port.ts";
import {
  header,
  isSignedBy,
  keyEncryptionKey,
  rules,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";
import { until } from "../../../support/until.ts";

describe("Webhook delivery: later attempts", () => {
  const test = useOutbox();
  const receive = useReceivers();

  it("repeats the id and the body byte for byte, and signs with a new timestamp", async () => {
    const receiver = await receive(500);
    const { secret } = await test.add(receiver.url);
    await test.emit({ z: 1, a: [{ y: 1.5, b: '\u2028"' }], 7: null });
    const outbox = test.open({ times: { retryDelaysMs: [1_100, 10] } });
    outbox.start();
    await receiver.until(3);
    receiver.reply = 204;
    const [first, second, third] = receiver.received;
    assert.ok(first && second && third);
    for (const request of [first, second, third]) {
      assert.ok(isSignedBy(request, secret));
      assert.equal(request.body, first.body);
      assert.equal(header(request, "webhook-id"), header(first, "webhook-id"));
    }
    assert.notEqual(
      header(second, "webhook-timestamp"),
      header(first, "webhook-timestamp"),
    );
  });

  it("delivers once the endpoint is reachable again", async () => {
    const port = await freePort();
    await test.add(`http://127.0.0.1:${port}/hooks`);
    await test.emit({ n: 1 });
    const outbox = test.open({ times: { retryDelaysMs: Array(50).fill(30) } });
    outbox.start();
    await until(async () => ((await test.deliveries())[0]?.attempts ?? 0) > 2);
    const receiver = await receive(204, port);
    await receiver.until(1);
    await until(
      async () => (await test.deliveries())[0]?.state === "delivered",
    );
    assert.equal(receiver.received.length, 1);
  });

  it("keeps a dead delivery after the last attempt, and restarts its schedule on redelivery", async () => {
    const receiver = await receive(500);
    await test.add(receiver.url);
    await test.emit();
    const outbox = test.open({ times: { retryDelaysMs: [10, 10] } });
    outbox.start();
    await until(async () => (await test.deliveries())[0]?.state === "dead");
    assert.equal(receiver.received.length, 3);
    const [dead] = await test.deliveries();
    assert.ok(dead);
    assert.equal(await outbox.drainOnce(), 0);
    await redeliver(test.first, dead.id);
    await until(async () => (await test.deliveries())[0]?.attempts === 6);
    await until(async () => (await test.deliveries())[0]?.state === "dead");
    receiver.reply = 204;
    await redeliver(test.first, dead.id);
    await receiver.until(7);
    await until(
      async () => (await test.deliveries())[0]?.state === "delivered",
    );
    const ids = receiver.received.map((each) => header(each, "webhook-id"));
    assert.deepEqual(new Set(ids).size, 1);
    assert.equal(await redeliver(test.first, dead.id + 1n), undefined);
  });

  it("disables an endpoint that answers 410, and keeps its deliveries until it is enabled again", async () => {
    const receiver = await receive(410);
    const { endpoint } = await test.add(receiver.url);
    await test.emit({ n: 1 });
    await test.emit({ n: 2 });
    const outbox = test.open({ limits: { perEndpoint: 1 } });
    assert.equal(await outbox.drainOnce(), 1);
    assert.equal((await test.endpoints.find(endpoint.id))?.disabled, "gone");
    await test.emit({ n: 3 });
    outbox.start();
    await until(async () => {
      const rows = await test.first.query(
        "SELECT FROM events WHERE NOT routed",
      );
      return rows.length === 0;
    });
    await outbox.stop();
    assert.equal(receiver.received.length, 1);
    const [first] = await test.deliveries();
    assert.ok(first);
    assert.equal(await redeliver(test.first, first.id), "disabled");
    receiver.reply = 204;
    await test.endpoints.change(endpoint.id, { enabled: true });
    test.open().start();
    await receiver.until(3);
    const sent = receiver.received.map(({ body }) => JSON.parse(body).data.n);
    assert.deepEqual(sent.sort(), [1, 1, 2]);
  });

  it("does not connect to loopback and metadata addresses that were stored as an endpoint's URL", async () => {
    const receiver = await receive();
    for (const url of [
      receiver.url,
      `http://localhost:${receiver.port}/`,
      `http://[::ffff:127.0.0.1]:${receiver.port}/`,
      "http://169.254.169.254/latest/meta-data/",
    ]) {
      const { endpoint } = await test.add("http://consumer.example/");
      await test.first.query(
        "UPDATE webhook_endpoints SET url = $2 WHERE id = $1",
        [endpoint.id, url],
      );
    }
    await test.emit();
    const outbox = test.open({
      rules: { allowLoopback: false },
      times: { retryDelaysMs: [60_000] },
    });
    assert.equal(await outbox.drainOnce(), 4);
    for (const { last_error } of await test.deliveries())
      assert.match(
        last_error ?? "",
        /is the machine that payment runs on|is link-local, a cloud metadata service/,
      );
    assert.equal(receiver.received.length, 0);
  });

  it("reports an endpoint secret that can't be decrypted, and delivers after its rotation", async () => {
    const receiver = await receive();
    const { endpoint } = await test.add(receiver.url);
    await test.emit();
    const other = { keyEncryptionKey: `another ${keyEncryptionKey}` };
    const outbox = test.open({ ...other, times: { retryDelaysMs: [0, 0] } });
    assert.equal(await outbox.drainOnce(), 1);
    const [delivery] = await test.deliveries();
    assert.match(delivery?.last_error ?? "", /rotate the endpoint's secret$/);
    assert.equal(receiver.received.length, 0);
    const endpoints = createEndpoints(
      test.first,
      other.keyEncryptionKey,
      rules,
    );
    const rotated = await endpoints.rotate(test.first, endpoint.id, 60);
    await outbox.drainOnce();
    const [request] = receiver.received;
    assert.ok(request && isSignedBy(request, rotated?.secret ?? ""));
  });
});
