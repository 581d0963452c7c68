import assert from "node:assert/strict";
import { createStripe } from "../../../../../services/payment/processors/stripe/stripe.ts";
import { secretKey } from "../../../../support/stripe/api-answers.ts";
import { webhookSecret } from "../../../../support/stripe/events.ts";

describe("createStripe: options", () => {
  const refused = (options: object, expected: RegExp) =>
    assert.throws(
      () => createStripe({ secretKey, webhookSecret, ...options }),
      (error: Error) => {
        assert.match(error.message, expected);
        return true;
      },
    );

  it("rejects invalid keys with a reason", () => {
    refused({ secretKey: "pk_test_1" }, /STRIPE_SECRET_KEY is a publishable/);
    for (const wrong of ["", "secret", "sk_", "sk_test_1\n", " sk_test_1"])
      refused({ secretKey: wrong }, /STRIPE_SECRET_KEY is not a Stripe key/);
    for (const wrong of ["", "sk_test_1", "whsec_", "whsec_1 "])
      refused(
        { webhookSecret: wrong },
        /STRIPE_WEBHOOK_SECRET is not a Stripe signing/,
      );
  });

  it("keeps a rejected key out of the error", () => {
    for (const name of ["secretKey", "webhookSecret"])
      assert.throws(
        () => createStripe({ secretKey, webhookSecret, [name]: "tell-nobody" }),
        (error: Error) => !error.message.includes("tell-nobody"),
      );
  });

  it("rejects invalid API URLs", () => {
    for (const wrong of ["", "localhost:12111", "ftp://a", "not a url"])
      refused(
        { apiUrl: wrong },
        /expected http:\/\/ or https:\/\/, and a host/,
      );
    for (const wrong of ["http://a/v1", "http://a/?b", "https://u:p@a/"])
      refused({ apiUrl: wrong }, /nothing after these/);
    assert.throws(
      () =>
        createStripe({ secretKey, webhookSecret, apiUrl: "http://u:pw@a/" }),
      (error: Error) => !error.message.includes("pw"),
    );
  });

  it("accepts a restricted key and another host", () => {
    const stripe = createStripe({
      secretKey: "rk_live_1",
      webhookSecret,
      apiUrl: "https://stripe.example",
    });
    assert.equal(stripe.name, "stripe");
  });
});
