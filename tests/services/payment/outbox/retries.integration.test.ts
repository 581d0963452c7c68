import assert from "node:assert/strict";
import { freePort } from "../../../support/log-endpoint.ts";
import {
  type Reply,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";

describe("A delivery that fails", () => {
  const test = useOutbox();
  const receive = useReceivers();
  const later = { retries: [60_000, 60_000] };

  /** Makes one attempt, and gives what is stored of it. */
  async function attemptOnce(reply: Reply, times = {}) {
    const receiver = await receive(reply);
    await test.add(receiver.url);
    await test.emit();
    await test
      .open({ times: { ...later, answer: 2_000, ...times } })
      .drainOnce();
    const [delivery] = await test.deliveries();
    assert.ok(delivery);
    return { receiver, delivery };
  }

  for (const [what, reply, error] of [
    ["500", 500, /^it answered 500$/],
    ["404", 404, /^it answered 404$/],
    [
      "a redirect, which is not followed",
      (response) => response.writeHead(307, { location: "/elsewhere" }).end(),
      /^it answered 307$/,
    ],
    ["no answer", () => {}, /^no answer within 2000 ms$/],
    [
      "headers that never end",
      (response) => response.socket?.write("HTTP/1.1 200 OK\r\nx: y\r\n"),
      /^no answer within 2000 ms$/,
    ],
    [
      "a connection that is cut",
      (response) => response.socket?.destroy(),
      /socket hang up|ECONNRESET/,
    ],
    [
      "what is not HTTP",
      (response) => response.socket?.end("220 smtp.example ESMTP\r\n"),
      /Parse Error/,
    ],
    [
      "another protocol",
      (response) =>
        response.socket?.end(
          "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
        ),
      /closed without an answer|hang up/,
    ],
  ] as [string, Reply, RegExp][])
    it(`comes again after ${what}`, async () => {
      const { receiver, delivery } = await attemptOnce(reply);
      assert.equal(delivery.state, "pending");
      assert.match(delivery.last_error ?? "", error);
      assert.ok(delivery.due > 45 && delivery.due < 75, `${delivery.due}`);
      assert.deepEqual(
        receiver.received.map(({ path }) => path),
        ["/hooks"],
      );
    });

  it("comes again after nobody listens, and is said to", async () => {
    await test.add(`http://127.0.0.1:${await freePort()}/`);
    await test.emit();
    await test.open({ times: later }).drainOnce();
    const [delivery] = await test.deliveries();
    assert.equal(delivery?.state, "pending");
    assert.match(delivery?.last_error ?? "", /ECONNREFUSED/);
  });

  it("comes again after a name that nobody has", async () => {
    await test.add("http://nobody.invalid/");
    await test.emit();
    await test
      .open({ times: { ...later, answer: 3_000, lease: 9_000 } })
      .drainOnce();
    const [delivery] = await test.deliveries();
    assert.match(delivery?.last_error ?? "", /ENOTFOUND|EAI_AGAIN|no answer/);
  });

  it("keeps the beginning of the answer, whatever bytes it has, and reads no more of it", async () => {
    let sent = 0;
    const { delivery } = await attemptOnce((response) => {
      response.writeHead(500);
      response.write(Buffer.from("\0\xff✓", "latin1"));
      const more = () => {
        while (!response.destroyed && response.write("é".repeat(8192)))
          sent += 16_384;
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    assert.equal(delivery.last_status, 500);
    const body = delivery.last_body ?? "";
    assert.ok(body.startsWith("\ufffd\ufffd"), body.slice(0, 5));
    assert.ok(Buffer.byteLength(body) <= 4096);
    assert.ok(body.length > 1500 && body.endsWith("é"));
    assert.ok(sent < 50_000_000, `${sent} bytes were taken`);
  });

  it("is none if the status was 2xx, however the rest of the answer ends", async () => {
    const { delivery } = await attemptOnce((response) => {
      response.writeHead(202, { "content-length": "100" });
      response.write("not all of it");
    });
    assert.equal(delivery.state, "delivered");
    assert.equal(delivery.last_status, 202);
    assert.equal(delivery.last_body, "not all of it");
    assert.equal(delivery.last_error, null);
  });

  for (const status of [429, 503])
    it(`with ${status} and Retry-After holds back all of that endpoint, and nobody else's`, async () => {
      const busy: Reply = (response) =>
        response.writeHead(status, { "retry-after": "2" }).end();
      const { receiver } = await attemptOnce(busy, { retries: [10, 10] });
      receiver.reply = 204;
      const other = await receive();
      await test.add(other.url);
      await test.emit();
      test.open().start();
      await other.until(1);
      await receiver.until(3);
      const [first, second, third] = receiver.received;
      assert.ok(first && second && third);
      assert.ok((other.received[0]?.at ?? Infinity) < second.at);
      for (const { at } of [second, third]) assert.ok(at - first.at > 1_950);
    });

  it("is asked to wait for no longer than an hour, nor by any other answer", async () => {
    const wait =
      (status: number, seconds: string): Reply =>
      (response) =>
        response.writeHead(status, { "retry-after": seconds }).end();
    const { delivery } = await attemptOnce(wait(503, "99999999999999999999"));
    assert.ok(Math.abs(delivery.due - 3600) < 5, `${delivery.due}`);
    await test.first.query("TRUNCATE events, webhook_endpoints CASCADE");
    const other = await attemptOnce(wait(500, "7000"));
    assert.ok(other.delivery.due < 75, `${other.delivery.due}`);
  });
});
