import assert from "node:assert/strict";
import type { IsEncrypted } from "../../config/encryption.ts";
import {
  encrypted,
  issuesOf,
  plain,
  settingsOf,
  usualPayments,
} from "../support/components/configurations.ts";

/** A secret's value, which no message may contain. */
const value = "hunter2";
const [key, signing] = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"] as const;
const stripe = { processor: "stripe" };
const secrets = { payment: { [key]: value, [signing]: value } };

/** The message about a missing secret of Stripe. */
const missing = (name: typeof key | typeof signing) =>
  `marquee:secrets.payment.${name} is missing, and payments.processor is stripe: set ${
    {
      [key]: "Stripe's secret key, sk_…",
      [signing]: "the signing secret of the webhook endpoint, whsec_…",
    }[name]
  } with \`pulumi config set --secret --path 'marquee:secrets.payment.${name}'\`.`;

/** The issues in a configuration, none of which contains a secret's value. */
const issuesIn = (
  changes: Record<string, unknown>,
  isEncrypted: IsEncrypted = encrypted,
) => {
  const issues = issuesOf(changes, isEncrypted);
  assert.ok(!issues.join().includes(value));
  return issues;
};

describe("parseSettings: secrets of payments", () => {
  it("needs no secrets of Stripe if payment runs elsewhere", () => {
    const payment = { type: "ExternalName", externalName: "pay.example.com" };
    assert.deepEqual(issuesIn({ payments: stripe, services: { payment } }), []);
  });

  describe("secrets of Stripe", () => {
    const both = [missing(key), missing(signing)];
    const noMap =
      "marquee:secrets.payment must be a map of environment variables and their values.";
    const rows: [secrets: unknown, ...issues: string[]][] = [
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
    for (const [secrets, ...issues] of rows)
      it(`rejects secrets ${JSON.stringify(secrets) ?? "undefined"}`, () => {
        assert.deepEqual(issuesIn({ payments: stripe, secrets }), issues);
      });

    it("requires both secrets to be encrypted, and does not report a plain one as missing", () => {
      const isEncrypted = (...path: string[]) => path.at(-1) !== key;
      assert.deepEqual(issuesIn({ payments: stripe, secrets }, isEncrypted), [
        plain(`payment.${key}`),
      ]);
      assert.deepEqual(
        issuesIn({ payments: stripe, secrets }, () => false),
        [plain(`payment.${key}`), plain(`payment.${signing}`)],
      );
    });
  });

  describe("variables that Marquee sets", () => {
    for (const name of ["PROCESSOR", "BILLING_PERIOD", "GRACE_PERIOD"])
      for (const service of ["payment", "auth"])
        it(`rejects ${name} among the secrets of ${service}`, () => {
          const secrets = { [service]: { [name]: value } };
          assert.deepEqual(issuesIn({ secrets }), [
            `marquee:secrets.${service}.${name} can't be set here: Marquee sets it itself.`,
          ]);
        });

    it("accepts variables with similar names", () => {
      const more = { PROCESSOR_KEY: value, MY_GRACE_PERIOD: value };
      const all = { payment: { ...more, OPERATOR_KEY: value } };
      assert.deepEqual(settingsOf({ secrets: all }, encrypted).secrets, all);
    });
  });

  it("needs no secrets for the sandbox", () => {
    for (const payments of [undefined, {}, { processor: "sandbox" }])
      assert.deepEqual(settingsOf({ payments }).payments, usualPayments);
  });

  it("accepts stripe with its two secrets, and keeps them out of the payments settings", () => {
    assert.deepEqual(
      settingsOf({ payments: stripe, secrets }, encrypted).payments,
      { ...usualPayments, ...stripe },
    );
  });
});
