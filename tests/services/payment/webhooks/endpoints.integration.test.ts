import assert from "node:assert/strict";
import { createServer } from "node:https";
import {
  createEndpoints,
  maxEndpoints,
} from "../../../../services/payment/outbox/endpoints.ts";
import { httpPost } from "../../../../services/payment/outbox/http-post.ts";
import {
  formatSecret,
  newSecret,
  signatures,
} from "../../../../services/payment/outbox/signature.ts";
import {
  safeLookup,
  urlRules,
} from "../../../../services/payment/outbox/ssrf-guard.ts";
import {
  header,
  isSignedBy,
  keyEncryptionKey,
  rules,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";

describe("Webhook signature", () => {
  it("equals the signature in Standard Webhooks' own example", () => {
    // From libraries/javascript/src/tests; the libraries for other languages test the same example.
    const secret = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
    const signed = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    assert.equal(
      signatures([secret], signed),
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  it("uses a secret of 32 random bytes", () => {
    assert.equal(newSecret().length, 32);
    assert.notDeepEqual(newSecret(), newSecret());
    assert.match(formatSecret(newSecret()), /^whsec_[\w+/]{43}=$/);
  });
});

describe("Webhook endpoint", () => {
  const test = useOutbox();
  const receive = useReceivers();

  const strict = () => createEndpoints(test.first, keyEncryptionKey);

  for (const [url, why] of [
    ["", "is not a URL"],
    ["consumer.example/hooks", "is not a URL"],
    ["ftp://consumer.example/", "has to start with https:// or http://"],
    ["javascript:alert(1)", "has to start with https:// or http://"],
    ["file:///etc/passwd", "has to start with https:// or http://"],
    ["https://user@consumer.example/", /^has credentials in it/],
    ["https://:secret@consumer.example/", /^has credentials in it/],
    ["https://consumer.example/#part", /^has a fragment/],
    [`https://consumer.example/${"x".repeat(2048)}`, /^is longer than 2048/],
    ["http://localhost:8082/", /is the machine that payment runs on$/],
    ["http://a.localhost./", /is the machine that payment runs on$/],
    ["http://127.0.0.1/", /is the machine that payment runs on$/],
    ["http://127.1/", /^127\.0\.0\.1 is the machine/],
    ["http://0x7f000001/", /^127\.0\.0\.1 is the machine/],
    ["http://0.0.0.0/", /is the machine that payment runs on$/],
    ["http://[::1]/", /is the machine that payment runs on$/],
    ["http://[::]/", /is the machine that payment runs on$/],
    ["http://[::ffff:127.0.0.1]/", /is the machine that payment runs on$/],
    ["http://169.254.169.254/", /is link-local, a cloud metadata service/],
    ["http://2852039166/", /^169\.254\.169\.254 is link-local/],
    ["http://[::ffff:a9fe:a9fe]/", /is link-local, a cloud metadata service/],
    ["http://[fd00:ec2::254]/", /is link-local, a cloud metadata service/],
    ["http://[fe80::1]/", /is link-local, a cloud metadata service/],
    ["http://100.100.100.200/", /is link-local, a cloud metadata service/],
    ["http://224.0.0.1/", /not a unicast address$/],
    ["http://255.255.255.255/", /not a unicast address$/],
  ] as [string, string | RegExp][])
    it(`rejects the URL ${JSON.stringify(url.slice(0, 40))}`, async () => {
      const error = strict().urlError(url);
      if (typeof why === "string") assert.equal(error, why);
      else assert.match(error ?? "", why);
      const add = strict().add(test.first, { url, types: [] });
      await assert.rejects(add, { name: "RangeError" });
      assert.deepEqual(await strict().list(), []);
    });

  it("accepts URLs in private networks, where consumers in the cluster are", async () => {
    for (const url of [
      "http://streaming.marquee.svc.cluster.local/hooks",
      "http://10.0.0.7:8080/",
      "http://192.168.1.2/",
      "http://[fd12::1]/",
      "https://consumer.example/hooks?token=1",
    ])
      assert.equal(strict().urlError(url), undefined, url);
  });

  it("rejects a connection to a host name that resolves to a forbidden address", async () => {
    const receiver = await receive();
    const to = (lookup: ReturnType<typeof safeLookup>) =>
      httpPost(new URL(`http://localhost:${receiver.port}/`), {}, "{}", {
        timeoutMs: 2_000,
        signal: new AbortController().signal,
        lookup,
      });
    await assert.rejects(to(safeLookup(urlRules)), {
      message: /^localhost: (127\.0\.0\.1|::1) is the machine that payment/,
    });
    assert.equal(receiver.received.length, 0);
    const { status } = await to(safeLookup({ ...urlRules, ...rules }));
    assert.equal(status, 204);
  });

  it("rejects http:// URLs if allowHttp is false", () => {
    const endpoints = createEndpoints(test.first, keyEncryptionKey, {
      allowHttp: false,
    });
    assert.equal(
      endpoints.urlError("http://consumer.example/"),
      "has to start with https://",
    );
    assert.equal(endpoints.urlError("https://consumer.example/"), undefined);
  });

  it("rejects endpoints beyond the maximum number", async () => {
    for (let n = 0; n < maxEndpoints; n++)
      await test.add(`https://consumer.example/${n}`);
    const one = { url: "https://consumer.example/", types: [] };
    assert.equal(await test.endpoints.add(test.first, one), undefined);
    assert.equal((await test.endpoints.list()).length, maxEndpoints);
  });

  it("keeps the delivery pending when the TLS handshake fails", async () => {
    const server = createServer(); // has no certificate at all
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    await test.add(`https://127.0.0.1:${port}/`);
    await test.emit();
    await test.open({ times: { retryDelaysMs: [60_000] } }).drainOnce();
    server.close();
    const [delivery] = await test.deliveries();
    assert.equal(delivery?.state, "pending");
    assert.match(delivery?.last_error ?? "", /SSL|TLS/i);
  });

  it("signs with the old and the new secret for the requested overlap", async () => {
    const receiver = await receive();
    const { endpoint, secret: first } = await test.add(receiver.url);
    const outbox = test.open();
    const sent = async () => {
      await test.emit();
      await outbox.drainOnce();
      const request = receiver.received.at(-1);
      assert.ok(request);
      return {
        by: (secret = "") => isSignedBy(request, secret),
        number: header(request, "webhook-signature").split(" ").length,
      };
    };
    const rotate = async (overlap: number) =>
      (await test.endpoints.rotate(test.first, endpoint.id, overlap))?.secret;

    const second = await rotate(60);
    const during = await sent();
    assert.equal(during.number, 2);
    assert.ok(during.by(first) && during.by(second));

    const third = await rotate(60);
    const again = await sent();
    assert.equal(again.number, 2);
    assert.ok(!again.by(first) && again.by(second) && again.by(third));

    await test.first.query(
      "UPDATE webhook_endpoints SET old_secret_until = now() - interval '1 second'",
    );
    const after = await sent();
    assert.equal(after.number, 1);
    assert.ok(!after.by(second) && after.by(third));

    const fourth = await rotate(0);
    const atOnce = await sent();
    assert.equal(atOnce.number, 1);
    assert.ok(!atOnce.by(third) && atOnce.by(fourth));
  });

  it("gets no deliveries after another endpoint's secret was copied to it in the database", async () => {
    const receiver = await receive();
    await test.add("http://127.0.0.1:9/");
    await test.add(receiver.url);
    await test.first.query(
      "UPDATE webhook_endpoints SET secret = (SELECT secret FROM webhook_endpoints ORDER BY id LIMIT 1)",
    );
    await test.emit();
    await test.open({ times: { retryDelaysMs: [60_000] } }).drainOnce();
    assert.equal(receiver.received.length, 0);
  });
});
