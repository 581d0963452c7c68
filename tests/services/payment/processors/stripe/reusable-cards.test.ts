import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  aCharge,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";

describe("Stripe processor: cards kept for subscriptions", () => {
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
    used.stripe.charge(aCharge({ token, reusable: true, ...more }));
  const customers = () => used.api.customers.size;

  it("returns undefined for a kept card's token, which may belong to another user", async () => {
    const token = await tokenOf();
    assert.ok(await used.stripe.describe(token));
    await charge(token);
    assert.equal(await used.stripe.describe(token), undefined);
  });

  it("declines a kept card for a one-off payment", async () => {
    const token = await tokenOf();
    await charge(token);
    const outcome = await charge(token, { reusable: false });
    assert.equal(outcome.status, "declined");
  });

  it("charges a kept card for each period with the same Customer", async () => {
    const before = customers();
    const token = await tokenOf();
    for (let period = 0; period < 3; period++)
      assert.equal((await charge(token)).status, "succeeded");
    assert.equal(customers(), before + 1);
  });

  it("creates no Customer for a one-off charge", async () => {
    const before = customers();
    await charge(await tokenOf(), { reusable: false });
    assert.equal(customers(), before);
  });

  it("does not keep a card whose first charge is declined", async () => {
    const token = "pm_card_chargeDeclined";
    used.api.methods.set(token, { id: token, customer: null, card: {} });
    assert.equal((await charge(token)).status, "declined");
    assert.ok(await used.stripe.describe(token));
  });

  it("declines a kept card at once when its bank requires authentication", async () => {
    const token = await tokenOf("4000002760003184");
    assert.equal((await charge(token)).status, "succeeded");
    const outcome = await charge(token, {
      returnUrl: "https://example.com/back",
    });
    assert.ok(outcome.status === "declined");
    assert.equal(outcome.code, "authentication_required");
  });

  it("charges once per key when the answer is lost after the card was attached", async () => {
    const before = { customers: customers(), charged: used.api.charged() };
    const token = await tokenOf();
    const request = aCharge({ token, reusable: true, key: randomUUID() });
    // The card is retrieved, a Customer is created, and the charge's answer is lost.
    used.api.next.push("none", "none", "answer lost");
    await assert.rejects(used.stripe.charge(request), /./);
    assert.ok(
      used.api.methods.get(token)?.customer,
      "expected the card to be attached",
    );
    const outcome = await used.stripe.charge(request);
    assert.equal(outcome.status, "succeeded");
    assert.equal(used.api.charged(), before.charged + 1);
    assert.equal(customers(), before.customers + 1);
  });

  it("creates one Customer when the answer to its creation is lost", async () => {
    const before = customers();
    const request = aCharge({ token: await tokenOf(), reusable: true });
    used.api.next.push("none", "answer lost");
    await assert.rejects(used.stripe.charge(request), /./);
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(customers(), before + 1);
  });

  it("rejects with ProcessorUnavailableError while Stripe is unreachable", async () => {
    const token = await tokenOf();
    used.api.next.push("unreachable");
    await assert.rejects(charge(token), { name: "ProcessorUnavailableError" });
  });
});
