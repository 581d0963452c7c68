import assert from "node:assert/strict";
import {
  aCharge,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";

describe("Stripe processor: charges", () => {
  const used = useStripe();
  const charge = (more = {}) => used.stripe.charge(aCharge(more));

  describe("declined charges", () => {
    it("returns the bank's reason, worded for the customer", async () => {
      const outcome = await charge({
        token: "pm_card_chargeDeclinedInsufficientFunds",
      });
      assert.equal(outcome.status, "declined");
      const { reference, ...rest } = outcome;
      assert.deepEqual(rest, {
        status: "declined",
        code: "insufficient_funds",
        message: "Your card has insufficient funds.",
      });
      assert.match(reference ?? "", /^pi_/);
    });

    it("returns Stripe's code when the bank gives no decline code", async () => {
      const outcome = await charge({
        token: "pm_card_chargeDeclinedExpiredCard",
      });
      assert.ok(outcome.status === "declined");
      assert.equal(outcome.code, "expired_card");
      assert.equal(outcome.message, "Your card has expired.");
    });

    it("does not reveal that the card is reported stolen", async () => {
      const outcome = await charge({
        token: "pm_card_chargeDeclinedStolenCard",
      });
      assert.ok(outcome.status === "declined");
      assert.equal(outcome.code, "generic_decline");
      assert.equal(outcome.message, "Your card was declined.");
    });

    it("returns a code without developer details when Stripe rejects the request", async () => {
      const refused = {
        amount_too_small: { amount: 10n },
        currency_not_supported: { currency: "KPW" },
        payment_method_unusable: { token: "pm_missing" },
        invalid_charge_amount: { amount: 1_234n, currency: "KWD" },
      };
      for (const [code, more] of Object.entries(refused)) {
        const outcome = await charge(more);
        assert.ok(outcome.status === "declined", code);
        assert.ok(
          [code, "resource_missing"].includes(outcome.code),
          outcome.code,
        );
        assert.equal(outcome.reference, undefined);
        assert.doesNotMatch(outcome.message, /PaymentMethod|Stripe|param/);
      }
    });

    it("returns payment_method_unusable for a card that another payment used up", async () => {
      const { token } = await used.stripe.tokenize({
        number: "4242424242424242",
        expMonth: 12,
        expYear: 2099,
        cvc: "123",
      });
      assert.equal((await charge({ token })).status, "succeeded");
      const again = await charge({ token });
      assert.ok(again.status === "declined");
      assert.equal(again.code, "payment_method_unusable");
    });

    it("cancels the intent when authentication is required without a return URL", async () => {
      const request = aCharge({ token: "pm_card_threeDSecure2Required" });
      const outcome = await used.stripe.charge(request);
      assert.ok(outcome.status === "declined");
      assert.equal(outcome.code, "authentication_required");
      // The intent can't be paid afterwards.
      const intent = used.api.intents.get(outcome.reference ?? "");
      assert.equal(intent?.status, "canceled");
      assert.deepEqual(await used.stripe.charge(request), outcome);
    });
  });

  it("sends the amount, metadata and idempotency key of the request", async () => {
    const request = aCharge({ amount: 5n, currency: "ISK" });
    const outcome = await used.stripe.charge(request);
    assert.ok(outcome.status === "succeeded");
    const intent = used.api.intents.get(outcome.reference);
    assert.equal(intent?.amount, 500);
    assert.equal(intent?.currency, "isk");
    assert.deepEqual(intent?.metadata, {
      payment_id: request.paymentId,
      key: request.key,
    });
    const headers = used.api.headers.at(-1) ?? {};
    assert.equal(headers["idempotency-key"], request.key);
    assert.equal(headers["stripe-version"], "2026-10-28.endive");
    assert.equal(headers["x-stripe-client-telemetry"], undefined);
  });

  it("returns the bank's URL when authentication is required, and finds the outcome later", async () => {
    const request = aCharge({
      token: "pm_card_threeDSecure2Required",
      returnUrl: "https://example.com/back",
    });
    const outcome = await used.stripe.charge(request);
    assert.ok(outcome.status === "requires_action");
    const { reference, nextAction } = outcome;
    assert.match(nextAction.url, /^https:\/\/hooks\.stripe\.com\//);
    assert.deepEqual(await used.stripe.find(request.key, reference), outcome);
    used.api.act(reference, "succeeded");
    assert.deepEqual(await used.stripe.find(request.key, reference), {
      status: "succeeded",
      reference,
    });
  });

  it("declines a charge whose authentication failed", async () => {
    const request = aCharge({
      token: "pm_card_threeDSecure2Required",
      returnUrl: "https://example.com/back",
    });
    const outcome = await used.stripe.charge(request);
    assert.ok(outcome.status === "requires_action");
    const { reference } = outcome;
    used.api.act(reference, "requires_payment_method");
    const intent = used.api.intents.get(reference);
    assert.ok(intent);
    intent.last_payment_error = {
      type: "invalid_request_error",
      code: "payment_intent_authentication_failure",
      message: "The provided PaymentMethod has failed authentication.",
    };
    assert.deepEqual(await used.stripe.find(request.key, reference), {
      status: "declined",
      reference,
      code: "payment_intent_authentication_failure",
      message: "Your card was declined.",
    });
  });

  it("returns processing for a slow charge, and finds the outcome later", async () => {
    const request = aCharge({ token: "pm_card_slow" });
    const outcome = await used.stripe.charge(request);
    assert.ok(outcome.status === "processing");
    used.api.act(outcome.reference, "succeeded");
    // The same key replays the first answer; `find` reads the current state.
    assert.deepEqual(await used.stripe.charge(request), outcome);
    const found = await used.stripe.find(request.key, outcome.reference);
    assert.equal(found?.status, "succeeded");
  });

  it("cancels a charge that would only be authorized", async () => {
    const outcome = await charge({ token: "pm_card_held" });
    assert.ok(outcome.status === "canceled");
    const intent = used.api.intents.get(outcome.reference ?? "");
    assert.equal(intent?.status, "canceled");
  });

  it("charges once for concurrent requests with the same key", async () => {
    const before = used.api.charged();
    const request = aCharge();
    used.api.slow = 20;
    const all = await Promise.all(
      Array.from({ length: 10 }, () => used.stripe.charge(request)),
    );
    assert.equal(new Set(all.map((one) => JSON.stringify(one))).size, 1);
    assert.equal(used.api.charged(), before + 1);
  });
});

describe("Stripe processor: cancellations", () => {
  const used = useStripe();
  const waiting = async () => {
    const request = aCharge({
      token: "pm_card_threeDSecure2Required",
      returnUrl: "https://example.com/back",
    });
    const outcome = await used.stripe.charge(request);
    assert.ok(outcome.status === "requires_action");
    return outcome.reference;
  };

  it("cancels a charge that requires an action, also when repeated", async () => {
    const reference = await waiting();
    for (let time = 0; time < 2; time++)
      assert.deepEqual(await used.stripe.cancel(reference, `${reference}:c`), {
        status: "canceled",
        reference,
      });
    const outcome = await used.stripe.cancel(reference, "with another key");
    assert.equal(outcome.status, "canceled");
  });

  it("returns the outcome of a charge that succeeded before", async () => {
    const reference = await waiting();
    used.api.act(reference, "succeeded");
    assert.deepEqual(await used.stripe.cancel(reference, "a key"), {
      status: "succeeded",
      reference,
    });
  });

  it("rejects an unknown PaymentIntent", async () => {
    await assert.rejects(
      used.stripe.cancel("pi_none", "b key"),
      /^Error: Stripe has no PaymentIntent pi_none\.$/,
    );
  });
});
