import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ProcessorUnavailableError } from "../../../../../services/payment/processors/processor.ts";
import {
  charged,
  codeOf,
  pay,
  referenceOf,
  refund,
  request,
  settle,
  useSandbox,
} from "../../../../support/payment/sandbox.ts";

describe("Sandbox: refunds", () => {
  const test = useSandbox();

  const currencies = ["AUD", "BRL", "CAD", "CZK", "DKK", "GBP", "HUF", "INR"];
  /** Makes a charge in its own currency, whose book shows only this charge and its refunds. */
  async function alone(token = "pm_card_visa") {
    const currency = currencies.shift() as string;
    const reference = await charged(test, { currency, token });
    return {
      currency,
      reference,
      refund: (amount: bigint, key: string = randomUUID()) =>
        test.sandbox.refund({ key, reference, currency, amount }),
      async refunded() {
        const books = await test.second.totals();
        const book = books.find((book) => book.currency === currency);
        assert.equal(book?.charged, 799n);
        return book.refunded;
      },
    };
  }

  for (const [what, wrong, message] of [
    ["an amount of zero", { amount: 0n }, /amount has to be at least 1, not 0/],
    [
      "a negative amount",
      { amount: -1n },
      /amount has to be at least 1, not -1/,
    ],
    [
      "a currency other than the charge's",
      { currency: "USD" },
      /was in EUR: .* in USD/,
    ],
  ] as const)
    it(`rejects ${what}`, async () => {
      const sentRequest = refund(await charged(test), wrong);
      await assert.rejects(test.sandbox.refund(sentRequest), message);
      assert.equal(await test.sandbox.findRefund(sentRequest.key), undefined);
    });

  it("rejects a refund of an unknown charge", async () => {
    const sentRequest = refund("ch_00000000000000000000000000000000");
    await assert.rejects(
      test.sandbox.refund(sentRequest),
      /There is no charge ch_0{32}/,
    );
    assert.equal(await test.sandbox.findRefund(sentRequest.key), undefined);
  });

  for (const [what, name, other] of [
    ["another amount", "amount", { amount: 2n }],
    ["another currency", "currency", { currency: "USD" }],
    ["another charge", "reference", { reference: "ch_0" }],
  ] as const)
    it(`rejects a reused key with ${what}`, async () => {
      const sentRequest = refund(await charged(test), { amount: 1n });
      const first = await test.sandbox.refund(sentRequest);
      await assert.rejects(
        test.sandbox.refund({ ...sentRequest, ...other }),
        new RegExp(`another refund: ${name} differs`),
      );
      assert.deepEqual(await test.sandbox.findRefund(sentRequest.key), first);
    });

  for (const number of [
    "4000000000000002",
    "4000002760003184",
    "4000990000000046",
  ])
    it(`fails a refund to card ${number}, which was not charged`, async () => {
      const { outcome } = await pay(test, number);
      const sentRequest = refund(referenceOf(outcome));
      const failed = await test.sandbox.refund(sentRequest);
      assert.equal(failed.status, "failed");
      assert.equal(codeOf(failed), "charge_not_refundable");
      assert.deepEqual(await test.sandbox.findRefund(sentRequest.key), failed);
    });

  it("refunds a whole charge, once per key", async () => {
    const charge = await alone();
    const key = randomUUID();
    const outcome = await charge.refund(799n, key);
    assert.equal(outcome.status, "succeeded");
    assert.match(referenceOf(outcome), /^re_[0-9a-f]{32}$/);
    assert.deepEqual(await charge.refund(799n, key), outcome);
    assert.deepEqual(await test.second.findRefund(key), outcome);
    assert.equal(await charge.refunded(), 799n);
    const again = await charge.refund(1n);
    assert.equal(codeOf(again), "charge_already_refunded");
    assert.equal(await charge.refunded(), 799n);
  });

  it("refunds parts of a charge, and rejects more than is left", async () => {
    const charge = await alone();
    assert.equal((await charge.refund(300n)).status, "succeeded");
    assert.equal(codeOf(await charge.refund(500n)), "amount_too_large");
    assert.equal((await charge.refund(499n)).status, "succeeded");
    assert.equal(await charge.refunded(), 799n);
  });

  it("finds no refund for an unknown key", async () => {
    assert.equal(await test.sandbox.findRefund(randomUUID()), undefined);
  });

  it("leaves a refund to card 4000000000007726 pending at first, and completes it later", async () => {
    const charge = await alone("pm_card_pendingRefund");
    const key = randomUUID();
    const outcome = await charge.refund(799n, key);
    assert.equal(outcome.status, "pending");
    assert.deepEqual(await test.sandbox.findRefund(key), outcome);
    assert.equal(await charge.refunded(), 0n);
    const early = await charge.refund(1n);
    assert.equal(codeOf(early), "charge_already_refunded");
    await settle(test);
    const found = await test.second.findRefund(key);
    assert.deepEqual(found, { ...outcome, status: "succeeded" });
    assert.deepEqual(await charge.refund(799n, key), found);
    assert.equal(await charge.refunded(), 799n);
  });

  it("leaves a refund to card 4000000000005126 pending at first, fails it later, and keeps the amount refundable", async () => {
    const charge = await alone("pm_card_refundFail");
    const key = randomUUID();
    assert.equal((await charge.refund(799n, key)).status, "pending");
    await settle(test);
    const found = await test.second.findRefund(key);
    assert.equal(codeOf(found), "expired_or_canceled_card");
    assert.equal(await charge.refunded(), 0n);
    assert.equal((await charge.refund(799n)).status, "pending");
  });

  it("fails a refund to card 4000990000000061 at once", async () => {
    const charge = await alone("pm_card_refundFailAtOnce");
    const key = randomUUID();
    const outcome = await charge.refund(799n, key);
    assert.equal(outcome.status, "failed");
    assert.equal(codeOf(outcome), "expired_or_canceled_card");
    assert.deepEqual(await charge.refund(799n, key), outcome);
    assert.equal(await charge.refunded(), 0n);
  });

  it("refunds card 4000990000000079 once though the answer is lost, and returns the outcome to the same key", async () => {
    const charge = await alone("pm_card_refundAnswerLost");
    const key = randomUUID();
    await assert.rejects(charge.refund(700n, key), ProcessorUnavailableError);
    assert.equal(await charge.refunded(), 700n);
    assert.equal((await charge.refund(700n, key)).status, "succeeded");
    assert.equal(await charge.refunded(), 700n);
  });

  it("returns the same failure to a repeated key, even when a new refund would succeed", async () => {
    const charge = await alone("pm_card_refundFail");
    assert.equal((await charge.refund(500n)).status, "pending");
    const key = randomUUID();
    assert.equal(codeOf(await charge.refund(500n, key)), "amount_too_large");
    await settle(test); // the first refund fails, so enough is left for a second one
    assert.equal(codeOf(await charge.refund(500n, key)), "amount_too_large");
    assert.equal((await charge.refund(500n)).status, "pending");
  });

  it("accepts a refund with the same key as a charge", async () => {
    const sentRequest = request();
    const reference = referenceOf(await test.sandbox.charge(sentRequest));
    const outcome = await test.sandbox.refund(
      refund(reference, { key: sentRequest.key }),
    );
    assert.equal(outcome.status, "succeeded");
  });
});
