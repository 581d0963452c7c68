import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseUnavailableError, openDatabase } from "@marquee/service-kit";
import { createSecretEncryption } from "../../../../services/payment/outbox/secret-encryption.ts";
import {
  former,
  formerId,
  other,
  otherId,
  refusal,
  update,
  useKeys,
} from "../../../support/payment/encryption-key.ts";
import {
  isSignedBy,
  quick,
  useReceivers,
} from "../../../support/payment/outbox.ts";
import {
  paymentEnvironment,
  paymentProgram,
} from "../../../support/payment/program.ts";
import {
  jsonOf,
  payment,
  post,
  type TestPayment,
} from "../../../support/payment/service.ts";
import { runToEnd, stopPrograms } from "../../../support/program.ts";

describe("Payment's KEY_ENCRYPTION_KEY id", () => {
  it("is the same for the same key, and differs between keys", () => {
    assert.match(formerId, /^[\w-]{22}$/);
    assert.equal(createSecretEncryption(former).id, formerId);
    assert.notEqual(otherId, formerId);
  });
});

describe("Payment's KEY_ENCRYPTION_KEY check", () => {
  const keys = useKeys();
  const receive = useReceivers();
  stopPrograms();

  it("records the key's id at the first start, and accepts the same key at the next", async () => {
    await keys.begun(former);
    assert.deepEqual(await keys.recorded(), [formerId]);
    await keys.begun(former);
    assert.deepEqual(await keys.recorded(), [formerId]);
  });

  it("rejects another key, naming both ids, before anything is changed, delivered or served", async () => {
    const receiver = await receive();
    await keys.endpoint(former, receiver);
    await keys.query(
      `INSERT INTO events (id, type, data) VALUES ('${randomUUID()}', 'payment.succeeded', '{}')`,
    );
    const before = await keys.contents();
    const { service } = await keys.refuses(other, refusal());
    await delay(10 * quick.pollMs);
    assert.equal(receiver.received.length, 0);
    for (const path of ["/readyz", "/plans"])
      assert.equal((await service.app.request(path)).status, 503, path);
    assert.equal(await keys.contents(), before);
  });

  it("accepts the former key again, with replayed responses and signatures unchanged", async () => {
    const receiver = await receive();
    const { id: endpoint, secret } = await keys.endpoint(former, receiver);
    const [userId, key] = [randomUUID(), randomUUID()];
    const pay = async (to: TestPayment) => {
      const answer = await post(to, "/pay", payment(userId), userId, key);
      return (await jsonOf(answer, 200)).id;
    };
    const id = await pay(await keys.begun(former));
    await keys.stop();
    await keys.refuses(other, refusal());
    const again = await keys.begun(former);
    assert.equal(await pay(again), id);
    const path = `/webhook-endpoints/${endpoint}/test`;
    await jsonOf(await post(again, path, undefined, "operator"), 202);
    await receiver.until(2);
    assert.ok(receiver.received.every((each) => isSignedBy(each, secret)));
  });

  it("accepts another key once the error's SQL statement was run, and delivers once secrets are rotated", async () => {
    const receiver = await receive();
    const { id } = await keys.endpoint(former, receiver);
    await keys.refuses(other, refusal());
    await keys.query(update());
    await keys.assertRecovers(await keys.begun(other), id, receiver);
    await keys.refuses(former, refusal(otherId, formerId));
  });

  it("retries while the database is unavailable after the migrations, and then rejects another key", async () => {
    await keys.begun(former);
    const database = openDatabase({ DATABASE_URL: keys.url() });
    let failuresLeft = 2;
    const { service } = keys.withKey(other, {
      query: (text, values) => database.query(text, values),
      transaction: (work, options) =>
        database.transaction(
          (tx) =>
            work({
              query(text, values) {
                if (/encryption_key/.test(text) && failuresLeft-- > 0)
                  throw new DatabaseUnavailableError(new Error("gone"));
                return tx.query(text, values);
              },
            }),
          options,
        ),
      close: () => database.close(),
    });
    await assert.rejects(service.start(), { message: refusal() });
    assert.ok(failuresLeft < 0);
  });

  it("exits with code 1, and logs the reason without the key", async () => {
    await keys.begun(former);
    const { code, stdout, stderr } = await runToEnd(paymentProgram, {
      ...paymentEnvironment,
      DATABASE_URL: keys.url(),
      KEY_ENCRYPTION_KEY: other,
    });
    assert.equal(code, 1, stderr);
    assert.equal(stderr, "");
    const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    assert.equal(last.level, "fatal");
    assert.equal(last.msg, `can't start: ${refusal()}`);
    assert.ok(!stdout.includes(other));
  });
});
