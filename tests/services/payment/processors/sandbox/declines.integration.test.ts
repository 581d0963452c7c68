import assert from "node:assert/strict";
import {
  codeOf,
  pay,
  referenceOf,
  request,
  useSandbox,
} from "../../../../support/payment/sandbox.ts";

const declines: [string, string, string, RegExp][] = [
  [
    "4000000000000002",
    "pm_card_visa_chargeDeclined",
    "card_declined",
    /declined/,
  ],
  [
    "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds",
    "insufficient_funds",
    /insufficient funds/,
  ],
  [
    "4000000000009987",
    "pm_card_visa_chargeDeclinedLostCard",
    "lost_card",
    /^Your card was declined\.$/,
  ],
  [
    "4000000000009979",
    "pm_card_visa_chargeDeclinedStolenCard",
    "stolen_card",
    /^Your card was declined\.$/,
  ],
  [
    "4000000000000069",
    "pm_card_chargeDeclinedExpiredCard",
    "expired_card",
    /expired/,
  ],
  [
    "4000000000000127",
    "pm_card_chargeDeclinedIncorrectCvc",
    "incorrect_cvc",
    /security code/,
  ],
  [
    "4000000000000119",
    "pm_card_chargeDeclinedProcessingError",
    "processing_error",
    /Try again/,
  ],
  [
    "4000000000006975",
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
    "card_velocity_exceeded",
    /too frequently/,
  ],
  [
    "4000000000000341",
    "pm_card_chargeCustomerFail",
    "card_declined",
    /declined/,
  ],
  ["4100000000000019", "pm_card_radarBlock", "fraudulent", /declined/],
];

describe("Sandbox: declined charges", () => {
  const test = useSandbox({ url: "https://bank.example/pay" });

  for (const [number, token, code, message] of declines)
    it(`declines card ${number} with ${code}`, async () => {
      const before = await booked("EUR");
      const { sentRequest, outcome } = await pay(test, number);
      assert.equal(outcome.status, "declined");
      assert.equal(codeOf(outcome), code);
      assert.match("message" in outcome ? outcome.message : "", message);
      assert.ok(referenceOf(outcome));
      assert.deepEqual(await test.sandbox.charge(sentRequest), outcome);
      assert.deepEqual(await test.sandbox.find(sentRequest.key), outcome);
      const byToken = await test.sandbox.charge(request({ token }));
      assert.equal(codeOf(byToken), code);
      assert.equal(await booked("EUR"), before);
    });

  async function booked(currency: string): Promise<bigint> {
    const totals = await test.sandbox.totals();
    return totals.find((each) => each.currency === currency)?.charged ?? 0n;
  }
});
