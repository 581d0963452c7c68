import assert from "node:assert/strict";
import {
  currencies,
  exponentOf,
} from "../../../../../services/payment/money/currencies.ts";
import {
  stripeAmount,
  UnsupportedAmountError,
} from "../../../../../services/payment/processors/stripe/amounts.ts";

const refused = (amount: bigint, currency: string, code: string) =>
  assert.throws(
    () => stripeAmount(amount, currency),
    (error) => error instanceof UnsupportedAmountError && error.code === code,
    `${amount} ${currency}`,
  );

describe("stripeAmount", () => {
  it("rejects amounts that Stripe can't charge exactly", () => {
    // Stripe requires the last of three decimals to be 0.
    refused(1_234n, "KWD", "invalid_charge_amount");
    refused(1n, "BHD", "invalid_charge_amount");
    // The ariary has no decimals at Stripe.
    refused(150n, "MGA", "invalid_charge_amount");
    refused(2n ** 53n, "EUR", "amount_too_large");
    refused(2n ** 53n - 1n, "ISK", "amount_too_large");
  });

  it("states in the error which multiple is required", () => {
    assert.throws(
      () => stripeAmount(1_234n, "KWD"),
      /^UnsupportedAmountError: An amount of KWD has to be a multiple of 10 of its smallest unit, not 1234\.$/,
    );
    assert.throws(
      () => stripeAmount(150n, "MGA"),
      /a multiple of 100 of its smallest unit, not 150/,
    );
  });

  it("rejects currencies that are invalid, or whose decimals Stripe does not document", () => {
    for (const currency of [
      ...["IQD", "LYD", "CLF", "UYW", "UYI", "XAU", "XXX"],
      ...["eur", "ABC", ""],
    ])
      refused(1_000n, currency, "currency_not_supported");
  });

  it("keeps the amount in currencies that have the same decimals at Stripe", () => {
    const same: Record<string, bigint> = {
      ...{ EUR: 1_299n, USD: 1n, GBP: 999_999_99n },
      // Two decimals for charges, and none only for payouts.
      ...{ HUF: 1_045n, TWD: 80_045n },
      ...{ JPY: 500n, KRW: 500n, CLP: 1n, XOF: 7n, VND: 9_999n },
      ...{ KWD: 5_120n, JOD: 10n, OMR: 1_000n, TND: 20n, BHD: 30n },
    };
    for (const [currency, amount] of Object.entries(same))
      assert.equal(stripeAmount(amount, currency), Number(amount), currency);
  });

  it("multiplies ISK and UGX amounts by 100", () => {
    assert.equal(stripeAmount(5n, "ISK"), 500);
    assert.equal(stripeAmount(5n, "UGX"), 500);
  });

  it("divides MGA amounts by 100", () => {
    assert.equal(stripeAmount(12_300n, "MGA"), 123);
  });

  it("converts every currency with two decimals, unchanged except for MGA", () => {
    const two = currencies.filter((code) => exponentOf(code) === 2);
    assert.ok(two.length > 100);
    for (const code of two)
      assert.equal(
        stripeAmount(1_000n, code),
        code === "MGA" ? 10 : 1_000,
        code,
      );
  });

  it("converts or rejects every other currency, and never returns a wrong amount", () => {
    for (const code of currencies.filter((code) => exponentOf(code) !== 2))
      try {
        const times = ["ISK", "UGX"].includes(code) ? 100 : 1;
        assert.equal(stripeAmount(1_000n, code), 1_000 * times, code);
      } catch (error) {
        assert.ok(error instanceof UnsupportedAmountError, String(error));
        assert.equal(error.code, "currency_not_supported", code);
      }
  });
});
