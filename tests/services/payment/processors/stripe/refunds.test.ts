import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ProcessorUnavailableError } from "../../../../../services/payment/processors/processor.ts";
import {
  aCharge,
  rejects,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";

describe("Stripe processor: refunds", () => {
  const used = useStripe();
  let reference: string;
  const paid = async (more = {}) => {
    const outcome = await used.stripe.charge(aCharge(more));
    assert.ok(outcome.status === "succeeded");
    return outcome.reference;
  };
  beforeEach(async () => {
    reference = await paid();
  });
  const aRefund = (more = {}) => ({
    key: randomUUID(),
    reference,
    amount: 299n,
    currency: "EUR",
    ...more,
  });
  const given = (of = reference) =>
    [...used.api.refunds.values()]
      .filter((one) => one.payment_intent === of)
      .reduce((sum, one) => sum + one.amount, 0);

  it("fails for an unknown charge, too large an amount, an inexact amount and an unsupported currency", async () => {
    for (const [more, code] of [
      [{ reference: "pi_none" }, "resource_missing"],
      [{ amount: 1_300n }, "invalid_request"],
      [{ amount: 1_234n, currency: "KWD" }, "invalid_charge_amount"],
      [{ currency: "XXX" }, "currency_not_supported"],
    ] as const) {
      const outcome = await used.stripe.refund(aRefund(more));
      assert.ok(outcome.status === "failed", code);
      assert.equal(outcome.code, code);
      assert.ok(outcome.message);
    }
    assert.equal(given(), 0);
  });

  it("fails when the charge is already fully refunded", async () => {
    const all = await used.stripe.refund(aRefund({ amount: 1_299n }));
    assert.equal(all.status, "succeeded");
    const more = await used.stripe.refund(aRefund());
    assert.ok(more.status === "failed");
    assert.equal(more.code, "charge_already_refunded");
  });

  it("refunds one part, and then another", async () => {
    const first = await used.stripe.refund(aRefund());
    const second = await used.stripe.refund(aRefund());
    assert.ok(first.status === "succeeded" && second.status === "succeeded");
    assert.notEqual(first.reference, second.reference);
    assert.equal(given(), 598);
  });

  it("converts the amount to Stripe's decimals", async () => {
    const krona = await paid({ amount: 50n, currency: "ISK" });
    await used.stripe.refund(
      aRefund({ reference: krona, amount: 5n, currency: "ISK" }),
    );
    assert.equal(given(krona), 500);
  });

  it("refunds once per key, also when the answer is lost or Stripe has forgotten the key", async () => {
    const request = aRefund();
    used.api.next = ["none", "answer lost"]; // the lookup succeeds, then the creation's answer is lost
    await rejects(
      used.stripe.refund(request),
      ProcessorUnavailableError,
      /reached/,
    );
    assert.equal(given(), 299);
    const outcome = await used.stripe.refund(request);
    assert.equal(outcome.status, "succeeded");
    used.api.forgetful = true;
    assert.deepEqual(await used.stripe.refund(request), outcome);
    assert.deepEqual(await used.stripe.findRefund(request.key), outcome);
    assert.equal(given(), 299);
  });

  it("finds a refund after a 500 that Stripe would replay", async () => {
    const request = aRefund();
    used.api.next = ["none", "500 after"];
    await rejects(
      used.stripe.refund(request),
      ProcessorUnavailableError,
      /500/,
    );
    assert.equal((await used.stripe.refund(request)).status, "succeeded");
    assert.equal(given(), 299);
  });

  it("refunds nothing when the lookup of earlier refunds fails", async () => {
    used.api.next = ["502"];
    await rejects(
      used.stripe.refund(aRefund()),
      ProcessorUnavailableError,
      /JSON/,
    );
    assert.equal(given(), 0);
  });

  it("makes a full refund once when Stripe has forgotten the key", async () => {
    const request = aRefund({ amount: 1_299n });
    const outcome = await used.stripe.refund(request);
    used.api.forgetful = true;
    assert.deepEqual(await used.stripe.refund(request), outcome);
    assert.equal(given(), 1_299);
  });

  it("refunds once for concurrent requests with the same key", async () => {
    const request = aRefund();
    used.api.slow = 20;
    const all = await Promise.all(
      Array.from({ length: 8 }, () => used.stripe.refund(request)),
    );
    assert.equal(new Set(all.map((one) => JSON.stringify(one))).size, 1);
    assert.equal(given(), 299);
  });

  it("returns pending at first, and later succeeded or the reason of the failure", async () => {
    const slow = await paid({ token: "pm_card_refundSlow" });
    const request = aRefund({ reference: slow });
    const outcome = await used.stripe.refund(request);
    assert.ok(outcome.status === "pending");
    const refund = used.api.refunds.get(outcome.reference);
    assert.ok(refund);
    const now = () => used.stripe.findRefund(request.key, refund.id);
    refund.status = "requires_action";
    assert.deepEqual(await now(), outcome);
    refund.status = "succeeded";
    assert.deepEqual(await now(), { ...outcome, status: "succeeded" });
    refund.status = "canceled";
    assert.deepEqual(await now(), {
      status: "failed",
      code: "canceled",
      message: "The refund was canceled at Stripe.",
    });
    refund.status = "failed";
    refund.failure_reason = "expired_or_canceled_card";
    assert.deepEqual(await now(), {
      status: "failed",
      code: "expired_or_canceled_card",
      message:
        "The refund failed at the card's bank (expired_or_canceled_card).",
    });
  });
});
