import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  createStripe,
  type StripeProcessor,
} from "../../../../../services/payment/processors/stripe/stripe.ts";
import { useStripeMock } from "../../../../support/stripe-mock/stripe-mock.ts";

// stripe-mock uses Stripe's own OpenAPI description: it rejects unknown routes, parameters and types.
describe("Stripe processor with stripe-mock", () => {
  const url = useStripeMock();
  let stripe: StripeProcessor;
  before(() => {
    stripe = createStripe({
      secretKey: "sk_test_123",
      webhookSecret: "whsec_123",
      apiUrl: url(),
    });
  });

  const charge = (more = {}) =>
    stripe.charge({
      key: randomUUID(),
      paymentId: randomUUID(),
      amount: 1299n,
      currency: "EUR",
      token: "pm_card_visa",
      ...more,
    });

  it("sends valid requests to tokenize and describe a card", async () => {
    const method = await stripe.tokenize({
      number: "4242 4242 4242 4242",
      expMonth: 12,
      expYear: 2034,
      cvc: "123",
    });
    assert.match(method.token, /^pm_/);
    assert.match(method.last4, /^\d{4}$/);
    assert.match(method.brand, /^[a-z]+$/);
    assert.deepEqual(
      { ...(await stripe.describe(method.token)), token: "" },
      { ...method, token: "" },
    );
  });

  it("sends valid charges, with and without a return URL, and with a card that is kept", async () => {
    // stripe-mock answers all valid charges alike; a rejected one has no reference.
    for (const more of [
      {},
      { returnUrl: "https://example.com/back" },
      { reusable: true },
    ]) {
      const outcome = await charge(more);
      assert.match(("reference" in outcome && outcome.reference) || "", /^pi_/);
    }
  });

  it("gets 400 from stripe-mock for an invalid type or an unknown parameter", async () => {
    const wrong = await fetch(`${url()}/v1/payment_intents`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_123" },
      body: new URLSearchParams({ amount: "many", currency: "eur" }),
    });
    assert.equal(wrong.status, 400);
    const unknown = await fetch(`${url()}/v1/payment_intents`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_123" },
      body: new URLSearchParams({ amount: "1", currency: "eur", colour: "a" }),
    });
    assert.equal(unknown.status, 400);
  });

  it("sends valid requests to find charges and refunds", async () => {
    const found = await stripe.find("any", "pi_123");
    assert.ok(found);
    assert.equal(await stripe.find(randomUUID()), undefined);
    assert.ok(await stripe.findRefund("any", "re_123"));
    assert.equal(await stripe.findRefund(randomUUID()), undefined);
  });

  it("sends valid refunds and cancellations", async () => {
    const refund = await stripe.refund({
      key: randomUUID(),
      reference: "pi_123",
      amount: 100n,
      currency: "EUR",
    });
    assert.equal(refund.status, "succeeded");
    const canceled = await stripe.cancel("pi_123", randomUUID());
    assert.ok(canceled.status);
  });
});
