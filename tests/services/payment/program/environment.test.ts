import assert from "node:assert/strict";
import {
  paymentEnvironment,
  paymentProgram,
} from "../../../support/payment/program.ts";
import { runToEnd, stopPrograms } from "../../../support/program.ts";

describe("Payment program: environment", () => {
  stopPrograms();

  const invalid: [what: string, variables: object, says: RegExp][] = [
    [
      "without any variables",
      Object.fromEntries(
        Object.keys(paymentEnvironment).map((name) => [name, undefined]),
      ),
      /PORT is not set.*DATABASE_URL is not set.*ISSUER is not set.*KEY_ENCRYPTION_KEY is not set.*OPERATOR_KEY is not set/s,
    ],
    [
      "with a short OPERATOR_KEY",
      { OPERATOR_KEY: "short" },
      /OPERATOR_KEY is wrong/,
    ],
    [
      "with an unknown PROCESSOR",
      { PROCESSOR: "paypal" },
      /PROCESSOR is "paypal": expected sandbox or stripe/,
    ],
    [
      "with Stripe but without STRIPE_SECRET_KEY",
      { PROCESSOR: "stripe" },
      /STRIPE_SECRET_KEY is not set, and PROCESSOR is stripe/,
    ],
    [
      "with a publishable key as STRIPE_SECRET_KEY",
      {
        PROCESSOR: "stripe",
        STRIPE_SECRET_KEY: "pk_1",
        STRIPE_WEBHOOK_SECRET: "whsec_1",
      },
      /publishable key/,
    ],
    [
      "with an invalid BILLING_PERIOD",
      { BILLING_PERIOD: "1 month" },
      /BILLING_PERIOD is "1 month": expected a positive ISO 8601 duration/,
    ],
    [
      "with a GRACE_PERIOD of zero",
      { GRACE_PERIOD: "PT0S" },
      /GRACE_PERIOD is "PT0S"/,
    ],
  ];
  for (const [what, variables, says] of invalid)
    it(`fails to start ${what}, and prints the reason without a stack trace`, async () => {
      const environment = Object.fromEntries(
        Object.entries({ ...paymentEnvironment, ...variables }).filter(
          ([, value]) => value !== undefined,
        ),
      );
      const { code, stderr } = await runToEnd(paymentProgram, environment);
      assert.equal(code, 1);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /^ +at /m);
      assert.ok(!stderr.includes(paymentEnvironment.OPERATOR_KEY));
    });
});
