import assert from "node:assert/strict";
import type { IsEncrypted } from "../../../components/secrets.ts";
import {
  encrypted,
  mistakesOf,
  plain,
  settingsOf,
  usualPayments,
} from "../../support/components/configurations.ts";

/** A secret's value: nobody may read it in any sentence. */
const value = "hunter2";
const [key, signing] = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"] as const;
const stripe = { processor: "stripe" };
const secrets = { payment: { [key]: value, [signing]: value } };

/** That stripe's processor lacks a secret, with what to do. */
const missing = (name: typeof key | typeof signing) =>
  `marquee:secrets.payment.${name} is missing, and payments.processor is stripe: set ${
    {
      [key]: "Stripe's secret key, sk_…",
      [signing]: "the signing secret of the webhook endpoint, whsec_…",
    }[name]
  } with \`pulumi config set --secret --path 'marquee:secrets.payment.${name}'\`.`;

/** What is said of a configuration, whose secrets are encrypted; no value of theirs is in it. */
const told = (
  changes: Record<string, unknown>,
  isEncrypted: IsEncrypted = encrypted,
) => {
  const mistakes = mistakesOf(changes, isEncrypted);
  assert.ok(!mistakes.join().includes(value));
  return mistakes;
};

describe("parseSettings, of payments' secrets,", () => {
  it("asks for none of stripe's where payment runs elsewhere", () => {
    const payment = { type: "ExternalName", externalName: "pay.example.com" };
    assert.deepEqual(told({ payments: stripe, services: { payment } }), []);
  });

  describe("of a mistake in stripe's:", () => {
    const both = [missing(key), missing(signing)];
    const noMap =
      "marquee:secrets.payment must be a map of environment variables and their values.";
    const rows: [secrets: unknown, ...mistakes: string[]][] = [
      [undefined, ...both],
      [{}, ...both],
      [{ payment: null }, ...both],
      [{ payment: {} }, ...both],
      [{ payment: { [key]: value } }, missing(signing)],
      [{ payment: { [signing]: value } }, missing(key)],
      [{ payment: { [key.toLowerCase()]: value } }, ...both],
      [{ auth: secrets.payment }, ...both],
      [{ payment: value }, noMap, ...both],
      [{ payment: [value, value] }, noMap, ...both],
      [
        { payment: { [key]: "", [signing]: value } },
        `marquee:secrets.payment.${key} must be a text that is not empty.`,
      ],
      [
        { payment: { [key]: null } },
        `marquee:secrets.payment.${key} must be a text that is not empty.`,
        missing(signing),
      ],
    ];
    for (const [secrets, ...mistakes] of rows)
      it(`${JSON.stringify(secrets) ?? "none"} is a mistake`, () => {
        assert.deepEqual(told({ payments: stripe, secrets }), mistakes);
      });

    it("both are to be encrypted, and one that is not is not missing", () => {
      const isEncrypted = (...path: string[]) => path.at(-1) !== key;
      assert.deepEqual(told({ payments: stripe, secrets }, isEncrypted), [
        plain(`payment.${key}`),
      ]);
      assert.deepEqual(
        told({ payments: stripe, secrets }, () => false),
        [plain(`payment.${key}`), plain(`payment.${signing}`)],
      );
    });
  });

  describe("of a mistake in those that would be settings:", () => {
    for (const name of ["PROCESSOR", "BILLING_PERIOD", "GRACE_PERIOD"])
      for (const service of ["payment", "auth"])
        it(`${name} of ${service} is a mistake`, () => {
          const secrets = { [service]: { [name]: value } };
          assert.deepEqual(told({ secrets }), [
            `marquee:secrets.${service}.${name} can't be set here: Marquee sets it itself.`,
          ]);
        });

    it("others that begin or end like them are none", () => {
      const more = { PROCESSOR_KEY: value, MY_GRACE_PERIOD: value };
      const all = { payment: { ...more, OPERATOR_KEY: value } };
      assert.deepEqual(settingsOf({ secrets: all }, encrypted).secrets, all);
    });
  });

  it("needs no secrets for a sandbox", () => {
    for (const payments of [undefined, {}, { processor: "sandbox" }])
      assert.deepEqual(settingsOf({ payments }).payments, usualPayments);
  });

  it("takes stripe with its two secrets, which are none of its settings", () => {
    assert.deepEqual(
      settingsOf({ payments: stripe, secrets }, encrypted).payments,
      { ...usualPayments, ...stripe },
    );
  });
});
