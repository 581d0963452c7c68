import assert from "node:assert/strict";
import {
  header,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";
import {
  type Json,
  unknownId,
  useWebhookApi,
} from "../../../support/payment/webhook-api.ts";
import { problemOf } from "../../../support/problem.ts";
import { until } from "../../../support/until.ts";

describe("Events and deliveries API", () => {
  const test = useOutbox();
  const receive = useReceivers();
  const { send, json, get, add, wake } = useWebhookApi(test);

  it("rejects invalid query parameters", async () => {
    for (const query of [
      "limit=0",
      "limit=101",
      "limit=x",
      "before=x",
      "state=lost",
      "page=2",
    ])
      for (const path of ["/events", "/webhook-deliveries"])
        await problemOf(await send("GET", `${path}?${query}`), 422);
  });

  it("lists events newest first, in pages, and filters them by type", async () => {
    for (let n = 0; n < 5; n++) {
      await test.emit({ n }, n === 3 ? "refund.failed" : "payment.succeeded");
      await new Promise((resolve) => setTimeout(resolve, 2)); // ids sort by milliseconds
    }
    const numbers = ({ data }: Json) => data.map((each: Json) => each.data.n);
    const first = await get("/events?limit=3");
    assert.deepEqual(numbers(first), [4, 3, 2]);
    assert.equal(first.has_more, true);
    const second = await get(`/events?limit=3&before=${first.data[2].id}`);
    assert.deepEqual(numbers(second), [1, 0]);
    assert.equal(second.has_more, false);
    const refunds = await get("/events?type=refund.failed");
    assert.deepEqual(numbers(refunds), [3]);
    const sequences = first.data.map(({ sequence }: Json) => sequence);
    assert.deepEqual(
      sequences,
      sequences.toSorted((a: number, b: number) => b - a),
    );
  });

  it("lists dead deliveries, and redelivers them", async () => {
    const receiver = await receive(500);
    const { id } = await add(receiver.url);
    await test.emit({ n: 1 });
    await test.emit({ n: 2 });
    wake();
    const dead = () => get(`/webhook-deliveries?state=dead&endpoint_id=${id}`);
    await until(async () => (await dead()).data.length === 2);
    const [second, first] = (await dead()).data;
    assert.equal(first.last_error, "it responded with 500");
    assert.equal(first.last_body, "what it says");
    assert.equal(first.attempts, 1);
    const page = await get(
      `/webhook-deliveries?state=dead&limit=1&before=${second.id}`,
    );
    assert.deepEqual(page, { data: [first], has_more: false });
    assert.deepEqual(
      (await get(`/webhook-deliveries?endpoint_id=${unknownId}`)).data,
      [],
    );

    receiver.reply = 204;
    const path = `/webhook-deliveries/${first.id}/redeliver`;
    const again = await json(send("POST", path), 202);
    assert.equal(again.state, "pending");
    await receiver.until(3);
    const [one, , three] = receiver.received;
    assert.ok(one && three);
    assert.equal(header(three, "webhook-id"), first.event_id);
    await until(async () => (await dead()).data.length === 1);
    await send("PATCH", `/webhook-endpoints/${id}`, { enabled: false });
    await problemOf(
      await send("POST", `/webhook-deliveries/${second.id}/redeliver`),
      409,
    );
  });
});
