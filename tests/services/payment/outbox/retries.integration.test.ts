import assert from "node:assert/strict";
import { freePort } from "../../../support/free-port.ts";
import {
  type Reply,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";

describe("Webhook delivery: failed attempts", () => {
  const test = useOutbox();
  const receive = useReceivers();
  const later = { retryDelaysMs: [60_000, 60_000] };

  /** Makes one attempt, and returns its receiver and the stored delivery. */
  async function attemptOnce(reply: Reply, times = {}) {
    const receiver = await receive(reply);
    await test.add(receiver.url);
    await test.emit();
    await test
      .open({ times: { ...later, responseTimeoutMs: 2_000, ...times } })
      .drainOnce();
    const [delivery] = await test.deliveries();
    assert.ok(delivery);
    return { receiver, delivery };
  }

  for (const [what, reply, error] of [
    ["status 500", 500, /^it responded with 500$/],
    ["status 404", 404, /^it responded with 404$/],
    [
      "a redirect without following it",
      (response) => response.writeHead(307, { location: "/elsewhere" }).end(),
      /^it responded with 307$/,
    ],
    ["a timeout without an answer", () => {}, /^no response within 2000 ms$/],
    [
      "headers that never end",
      (response) => response.socket?.write("HTTP/1.1 200 OK\r\nx: y\r\n"),
      /^no response within 2000 ms$/,
    ],
    [
      "a closed connection",
      (response) => response.socket?.destroy(),
      /socket hang up|ECONNRESET/,
    ],
    [
      "an answer that is not HTTP",
      (response) => response.socket?.end("220 smtp.example ESMTP\r\n"),
      /Parse Error/,
    ],
    [
      "a switch to another protocol",
      (response) =>
        response.socket?.end(
          "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
        ),
      /closed without a response|hang up/,
    ],
  ] as [string, Reply, RegExp][])
    it(`retries after ${what}`, async () => {
      const { receiver, delivery } = await attemptOnce(reply);
      assert.equal(delivery.state, "pending");
      assert.match(delivery.last_error ?? "", error);
      assert.ok(delivery.due > 20 && delivery.due < 75, `${delivery.due}`);
      assert.deepEqual(
        receiver.received.map(({ path }) => path),
        ["/hooks"],
      );
    });

  it("retries after a refused connection, and stores the error", async () => {
    await test.add(`http://127.0.0.1:${await freePort()}/`);
    await test.emit();
    await test.open({ times: later }).drainOnce();
    const [delivery] = await test.deliveries();
    assert.equal(delivery?.state, "pending");
    assert.match(delivery?.last_error ?? "", /ECONNREFUSED/);
  });

  it("stores the error for a host name that does not resolve", async () => {
    await test.add("http://nobody.invalid/");
    await test.emit();
    await test
      .open({ times: { ...later, responseTimeoutMs: 3_000, leaseMs: 9_000 } })
      .drainOnce();
    const [delivery] = await test.deliveries();
    assert.match(delivery?.last_error ?? "", /ENOTFOUND|EAI_AGAIN|no answer/);
  });

  it("stores at most 4096 bytes of the answer as text, whatever its bytes, and stops reading", async () => {
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

  it("counts an answer with a 2xx status as delivered even when its body is cut off", async () => {
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
    it(`delays all deliveries to an endpoint that answers ${status} with Retry-After, and to no other`, async () => {
      const busy: Reply = (response) =>
        response.writeHead(status, { "retry-after": "600" }).end();
      const { receiver } = await attemptOnce(busy, { retryDelaysMs: [10, 10] });
      receiver.reply = 204;
      const other = await receive();
      await test.add(other.url);
      await test.emit();
      test.open().start();
      await other.until(1);
      assert.equal(receiver.received.length, 1);
      const [paused] = await test.first.query<{ seconds: number }>(
        "SELECT extract(epoch FROM paused_until - now())::float8 AS seconds FROM webhook_endpoints WHERE paused_until IS NOT NULL",
      );
      const { seconds = 0 } = paused ?? {};
      assert.ok(seconds > 500 && seconds <= 600, `${seconds}`);
      await test.first.query(
        "UPDATE webhook_endpoints SET paused_until = now()",
      );
      await test.first.query(
        "UPDATE webhook_deliveries SET next_attempt_at = now() WHERE state = 'pending'",
      );
      await receiver.until(3);
    });

  it("caps Retry-After at one hour, and ignores it with status 500", async () => {
    const wait =
      (status: number, seconds: string): Reply =>
      (response) =>
        response.writeHead(status, { "retry-after": seconds }).end();
    const { delivery } = await attemptOnce(wait(503, "99999999999999999999"));
    assert.ok(delivery.due > 3_500 && delivery.due <= 3_600, `${delivery.due}`);
    await test.first.query("TRUNCATE events, webhook_endpoints CASCADE");
    const other = await attemptOnce(wait(500, "7000"));
    assert.ok(other.delivery.due < 75, `${other.delivery.due}`);
  });
});
