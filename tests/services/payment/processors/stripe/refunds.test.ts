import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ProcessorUnavailable } from "../../../../../services/payment/processors/processor.ts";
import {
  aCharge,
  rejects,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";

describe("a refund at Stripe", () => {
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

  it("fails where there is no such charge, or less left", async () => {
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

  it("fails where all is given back", async () => {
    const all = await used.stripe.refund(aRefund({ amount: 1_299n }));
    assert.equal(all.status, "succeeded");
    const more = await used.stripe.refund(aRefund());
    assert.ok(more.status === "failed");
    assert.equal(more.code, "charge_already_refunded");
  });

  it("gives back some, and then some more", async () => {
    const first = await used.stripe.refund(aRefund());
    const second = await used.stripe.refund(aRefund());
    assert.ok(first.status === "succeeded" && second.status === "succeeded");
    assert.notEqual(first.reference, second.reference);
    assert.equal(given(), 598);
  });

  it("is given in what Stripe calls the amount", async () => {
    const krona = await paid({ amount: 50n, currency: "ISK" });
    await used.stripe.refund(
      aRefund({ reference: krona, amount: 5n, currency: "ISK" }),
    );
    assert.equal(given(krona), 500);
  });

  it("is made once with one key, also where the answer is lost, and a day later", async () => {
    const request = aRefund();
    used.api.next = ["none", "answer lost"]; // it looks for one, then makes it
    await rejects(used.stripe.refund(request), ProcessorUnavailable, /reached/);
    assert.equal(given(), 299);
    const outcome = await used.stripe.refund(request);
    assert.equal(outcome.status, "succeeded");
    used.api.forgetful = true;
    assert.deepEqual(await used.stripe.refund(request), outcome);
    assert.deepEqual(await used.stripe.findRefund(request.key), outcome);
    assert.equal(given(), 299);
  });

  it("is found behind an answer 500, which would come again for a day", async () => {
    const request = aRefund();
    used.api.next = ["none", "500 after"];
    await rejects(used.stripe.refund(request), ProcessorUnavailable, /500/);
    assert.equal((await used.stripe.refund(request)).status, "succeeded");
    assert.equal(given(), 299);
  });

  it("is not made where it can't be seen whether it was", async () => {
    used.api.next = ["502"];
    await rejects(used.stripe.refund(aRefund()), ProcessorUnavailable, /JSON/);
    assert.equal(given(), 0);
  });

  it("is made once where all of it was given back and nobody heard of that", async () => {
    const request = aRefund({ amount: 1_299n });
    const outcome = await used.stripe.refund(request);
    used.api.forgetful = true;
    assert.deepEqual(await used.stripe.refund(request), outcome);
    assert.equal(given(), 1_299);
  });

  it("is made once, however many ask with one key at once", async () => {
    const request = aRefund();
    used.api.slow = 20;
    const all = await Promise.all(
      Array.from({ length: 8 }, () => used.stripe.refund(request)),
    );
    assert.equal(new Set(all.map((one) => JSON.stringify(one))).size, 1);
    assert.equal(given(), 299);
  });

  it("may take a while, and then go well or not", async () => {
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
