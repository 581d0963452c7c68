import assert from "node:assert/strict";
import {
  type Card,
  InvalidCardError,
} from "../../../../../services/payment/processors/processor.ts";
import {
  assertSilent,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";

const card: Card = {
  number: "4242 4242-4242 4242",
  expMonth: 12,
  expYear: 2099,
  cvc: "123",
};

describe("Stripe processor: cards", () => {
  const used = useStripe();

  async function refused(
    more: Partial<Card>,
    field: keyof Card,
    code: string,
  ): Promise<void> {
    await assert.rejects(
      used.stripe.tokenize({ ...card, ...more }),
      (error: Error) => {
        assert.ok(error instanceof InvalidCardError, String(error));
        assert.equal(error.field, field);
        assert.equal(error.code, code);
        assertSilent(error);
        return true;
      },
    );
  }

  it("rejects a card at the wrong field, without the number in the error", async () => {
    await refused({ number: "4242424242424241" }, "number", "incorrect_number");
    await refused({ number: "hello" }, "number", "invalid_number");
    await refused({ number: `${"4".repeat(19)}x` }, "number", "invalid_number");
    await refused({ expYear: 2001 }, "expYear", "invalid_expiry_year");
    await refused({ cvc: "12" }, "cvc", "invalid_cvc");
    await refused({ expMonth: 13 }, "expMonth", "parameter_invalid_integer");
  });

  it("rejects card numbers when the account may not send them, and asks for a token", async () => {
    used.api.rawCardData = false;
    await refused({}, "number", "raw_card_data_not_allowed");
    await assert.rejects(used.stripe.tokenize(card), /a token \(pm_…\)/);
  });

  it("returns a token with the brand and the last four digits", async () => {
    const method = await used.stripe.tokenize(card);
    assert.match(method.token, /^pm_/);
    assert.deepEqual(method, {
      token: method.token,
      brand: "visa",
      last4: "4242",
    });
    assert.deepEqual(await used.stripe.describe(method.token), method);
  });

  it("describes a token that a client sends", async () => {
    assert.deepEqual(await used.stripe.describe("pm_card_visa"), {
      token: "pm_card_visa",
      brand: "visa",
      last4: "4242",
    });
  });

  it("returns undefined for tokens that are invalid, unknown or not for a card", async () => {
    for (const token of ["pm_none", "pm_sepa"])
      assert.equal(await used.stripe.describe(token), undefined);
    used.api.requests.length = 0;
    for (const token of ["", "tok_visa", "pm_", "pm_a/../b", "pm_a?b", "4242"])
      assert.equal(await used.stripe.describe(token), undefined);
    assert.deepEqual(used.api.requests, []);
  });
});
