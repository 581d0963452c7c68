import assert from "node:assert/strict";
import { purgeOutbox } from "../../../../services/payment/outbox/purge.ts";
import { useOutbox, useReceivers } from "../../../support/payment/outbox.ts";

describe("Outbox purge", () => {
  const test = useOutbox();
  const receive = useReceivers();
  const older = (days: number) =>
    test.first.query(
      "UPDATE events SET created_at = created_at - make_interval(days => $1)",
      [days],
    );

  it("deletes events delivered over 30 days ago, and keeps dead, pending and unrouted ones", async () => {
    const receiver = await receive();
    await test.add(receiver.url);
    await test.emit({ n: "delivered" });
    await test.open().drainOnce();
    receiver.reply = 500;
    await test.emit({ n: "dead" });
    await test.open({ times: { retryDelaysMs: [] } }).drainOnce();
    await test.emit({ n: "pending" });
    await test.open({ times: { retryDelaysMs: [60_000] } }).drainOnce();
    await test.emit({ n: "not routed" });
    await older(29);
    assert.equal(await purgeOutbox(test.first), 0);
    await older(2);
    await test.emit({ n: "new" });
    assert.equal(await purgeOutbox(test.first), 1);
    const left = await test.first.query<{ data: { n: string } }>(
      "SELECT data FROM events ORDER BY sequence",
    );
    assert.deepEqual(
      left.map(({ data }) => data.n),
      ["dead", "pending", "not routed", "new"],
    );
    assert.equal((await test.deliveries()).length, 2);
  });

  it("deletes in batches, on several replicas at once", async () => {
    for (let n = 0; n < 30; n++) await test.emit({ n });
    await test.open().drainOnce();
    await older(31);
    const bounds = { batch: 3, batches: 2 };
    assert.equal(await purgeOutbox(test.first, bounds), 6);
    const swept = await Promise.all(
      [test.first, test.second].map((database) =>
        purgeOutbox(database, { batch: 2 }),
      ),
    );
    await purgeOutbox(test.first);
    assert.ok((swept[0] ?? 0) + (swept[1] ?? 0) <= 24);
    assert.deepEqual(await test.first.query("SELECT FROM events"), []);
  });
});
