import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  aCharge,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";

describe("a card that Stripe keeps for a subscription", () => {
  const used = useStripe();

  const tokenOf = async (number = "4242424242424242") =>
    (
      await used.stripe.tokenize({
        number,
        expMonth: 12,
        expYear: 2099,
        cvc: "123",
      })
    ).token;
  const charge = (token: string, more = {}) =>
    used.stripe.charge(aCharge({ token, keep: true, ...more }));
  const customers = () => used.api.customers.size;

  it("is not taken from a client any more: it may be somebody else's", async () => {
    const token = await tokenOf();
    assert.ok(await used.stripe.describe(token));
    await charge(token);
    assert.equal(await used.stripe.describe(token), undefined);
  });

  it("is not charged for what it was not kept for", async () => {
    const token = await tokenOf();
    await charge(token);
    const outcome = await charge(token, { keep: false });
    assert.equal(outcome.status, "declined");
  });

  it("is charged again, without who pays, and for the same Customer", async () => {
    const before = customers();
    const token = await tokenOf();
    for (let period = 0; period < 3; period++)
      assert.equal((await charge(token)).status, "succeeded");
    assert.equal(customers(), before + 1);
  });

  it("makes no Customer where it is to be charged once", async () => {
    const before = customers();
    await charge(await tokenOf(), { keep: false });
    assert.equal(customers(), before);
  });

  it("is not kept if its first charge is declined", async () => {
    const token = "pm_card_chargeDeclined";
    used.api.methods.set(token, { id: token, customer: null, card: {} });
    assert.equal((await charge(token)).status, "declined");
    assert.ok(await used.stripe.describe(token));
  });

  it("is declined, and nobody waits, if its bank asks for who pays when they are not there", async () => {
    const token = await tokenOf("4000002760003184");
    assert.equal((await charge(token)).status, "succeeded");
    const outcome = await charge(token, {
      returnUrl: "https://example.com/back",
    });
    assert.ok(outcome.status === "declined");
    assert.equal(outcome.code, "authentication_required");
  });

  it("is charged once with one key, also where the answer was lost after it was attached", async () => {
    const before = { customers: customers(), charged: used.api.charged() };
    const token = await tokenOf();
    const request = aCharge({ token, keep: true, key: randomUUID() });
    // Retrieved, a Customer made, and then the charge's answer does not come.
    used.api.next.push("none", "none", "answer lost");
    await assert.rejects(used.stripe.charge(request), /./);
    assert.ok(used.api.methods.get(token)?.customer, "it is attached");
    const outcome = await used.stripe.charge(request);
    assert.equal(outcome.status, "succeeded");
    assert.equal(used.api.charged(), before.charged + 1);
    assert.equal(customers(), before.customers + 1);
  });

  it("has one Customer, also where that one's answer was lost", async () => {
    const before = customers();
    const request = aCharge({ token: await tokenOf(), keep: true });
    used.api.next.push("none", "answer lost");
    await assert.rejects(used.stripe.charge(request), /./);
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(customers(), before + 1);
  });

  it("waits while Stripe can't be asked about it", async () => {
    const token = await tokenOf();
    used.api.next.push("unreachable");
    await assert.rejects(charge(token), { name: "ProcessorUnavailable" });
  });
});
