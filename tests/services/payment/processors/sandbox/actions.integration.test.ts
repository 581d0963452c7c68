import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  charged,
  codeOf,
  pay,
  referenceOf,
  useSandbox,
} from "../../../../support/payment/sandbox.ts";

const unknown = [
  "",
  "ch_",
  "ch_00000000000000000000000000000000",
  "\0",
  "../ch_",
  "ch_00000000000000000000000000000000' OR true --",
];

describe("Sandbox: 3-D Secure actions", () => {
  const test = useSandbox({ url: "https://bank.example/pay" });

  async function begin(number = "4000002760003184") {
    const { sentRequest, outcome } = await pay(test, number, {
      returnUrl: "https://shop.example/paid",
    });
    assert.equal(outcome.status, "requires_action");
    return { sentRequest, outcome, reference: referenceOf(outcome) };
  }

  const booked = async () =>
    (await test.sandbox.totals()).find(({ currency }) => currency === "EUR")
      ?.charged ?? 0n;

  for (const reference of unknown)
    it(`finds no action for the reference ${JSON.stringify(reference)}`, async () => {
      assert.equal(await test.sandbox.pendingAction(reference), undefined);
      assert.equal(await test.sandbox.findAction(reference), undefined);
      assert.equal(await test.sandbox.authenticate(reference, true), undefined);
      await assert.rejects(
        test.sandbox.cancel(reference, randomUUID()),
        /There is no charge/,
      );
    });

  it("finds no action for a charge without 3-D Secure, and answering it changes nothing", async () => {
    const reference = await charged(test);
    assert.equal(await test.sandbox.findAction(reference), undefined);
    const outcome = await test.sandbox.authenticate(reference, false);
    assert.equal(outcome?.status, "succeeded");
  });

  for (const number of [
    "4000002500003155",
    "4000002760003184",
    "4000003800000446",
    "4000000000003220",
  ])
    it(`requires an action for card ${number}, and charges nothing before it`, async () => {
      const before = await booked();
      const { sentRequest, outcome, reference } = await begin(number);
      assert.deepEqual(outcome, {
        status: "requires_action",
        reference,
        nextAction: {
          url: `https://bank.example/pay/sandbox/authenticate/${reference}`,
        },
      });
      assert.deepEqual(await test.second.charge(sentRequest), outcome);
      assert.deepEqual(await test.sandbox.find(sentRequest.key), outcome);
      assert.deepEqual(await test.second.pendingAction(reference), {
        reference,
        amount: 799n,
        currency: "EUR",
        brand: "visa",
        last4: number.slice(-4),
        returnUrl: "https://shop.example/paid",
        answer: undefined,
      });
      assert.equal(await booked(), before);
    });

  it("charges once approved, and ignores a second answer", async () => {
    const before = await booked();
    const { sentRequest, reference } = await begin();
    const outcome = await test.sandbox.authenticate(reference, true);
    assert.deepEqual(outcome, { status: "succeeded", reference });
    for (const approve of [false, true])
      assert.deepEqual(
        await test.second.authenticate(reference, approve),
        outcome,
      );
    assert.deepEqual(await test.sandbox.find(sentRequest.key), outcome);
    assert.deepEqual(await test.sandbox.charge(sentRequest), outcome);
    assert.equal((await booked()) - before, 799n);
    assert.equal(await test.sandbox.pendingAction(reference), undefined);
    assert.equal(
      (await test.sandbox.findAction(reference))?.answer,
      "approved",
    );
  });

  it("declines once refused, and ignores a second answer", async () => {
    const before = await booked();
    const { sentRequest, reference } = await begin();
    const outcome = await test.sandbox.authenticate(reference, false);
    assert.equal(outcome?.status, "declined");
    assert.equal(codeOf(outcome), "payment_intent_authentication_failure");
    assert.deepEqual(await test.second.authenticate(reference, true), outcome);
    assert.deepEqual(await test.sandbox.find(sentRequest.key), outcome);
    assert.equal(await booked(), before);
    assert.equal((await test.sandbox.findAction(reference))?.answer, "refused");
  });

  for (const [number, code] of [
    ["4000008260003178", "insufficient_funds"],
    ["4000008400001629", "card_declined"],
  ])
    it(`declines card ${number} with ${code} even after approval`, async () => {
      const before = await booked();
      const { sentRequest, outcome, reference } = await begin(number);
      assert.equal(codeOf(outcome), undefined);
      const after = await test.sandbox.authenticate(reference, true);
      assert.equal(codeOf(after), code);
      assert.deepEqual(await test.sandbox.find(sentRequest.key), after);
      assert.equal(await booked(), before);
      assert.equal(
        (await test.sandbox.findAction(reference))?.answer,
        "approved",
      );
    });

  it("cancels a pending action, and later answers charge nothing", async () => {
    const before = await booked();
    const { sentRequest, reference } = await begin();
    for (const key of ["one", "one", "another"])
      assert.deepEqual(await test.sandbox.cancel(reference, key), {
        status: "canceled",
        reference,
      });
    const late = await test.sandbox.authenticate(reference, true);
    assert.equal(late?.status, "canceled");
    assert.deepEqual(await test.sandbox.find(sentRequest.key), late);
    assert.deepEqual(await test.sandbox.charge(sentRequest), late);
    assert.equal(await booked(), before);
    assert.equal(
      (await test.sandbox.findAction(reference))?.answer,
      "canceled",
    );
  });

  it("returns the existing outcome when a charge is canceled too late", async () => {
    const { reference } = await begin();
    const outcome = await test.sandbox.authenticate(reference, true);
    assert.deepEqual(await test.sandbox.cancel(reference, "a key"), outcome);
    const { reference: other } = await begin();
    const refused = await test.sandbox.authenticate(other, false);
    assert.deepEqual(await test.sandbox.cancel(other, "a key"), refused);
    const { outcome: slow } = await pay(test, "4000990000000046");
    assert.deepEqual(
      await test.sandbox.cancel(referenceOf(slow), "a key"),
      slow,
    );
  });
});
