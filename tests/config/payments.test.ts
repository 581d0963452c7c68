import assert from "node:assert/strict";
import { paymentEgressPorts } from "../../config/payments.ts";
import {
  encrypted,
  issuesOf,
  settingsOf,
  usualPayments,
} from "../support/components/configurations.ts";

/** A secret's value, which no message may contain. */
const value = "hunter2";
const stripe = { processor: "stripe" };
const secrets = {
  payment: { STRIPE_SECRET_KEY: value, STRIPE_WEBHOOK_SECRET: value },
};

const rules = {
  itself: "it must be a map, such as { processor: sandbox }.",
  keys: "is not a setting of payments: there are processor, billingPeriod, gracePeriod and webhookPorts.",
  processor: "it must be sandbox or stripe.",
  duration:
    "it must be an ISO 8601 duration in whole numbers, longer than nothing, such as P1M (a month) or PT30S (30 seconds).",
  ports: "it must be a list of ports, such as [443].",
};

/** The issues in a configuration, none of which contains a secret's value. */
const issuesIn = (changes: Record<string, unknown>) => {
  const issues = issuesOf(changes, encrypted);
  assert.ok(!issues.join().includes(value));
  return issues;
};

/** Defines a test per payments configuration that asserts its issues; Stripe's secrets are set. */
function table(rows: [payments: unknown, ...issues: string[]][]): void {
  for (const [payments, ...issues] of rows)
    it(`rejects ${JSON.stringify(payments)}`, () => {
      assert.deepEqual(
        issuesIn({ payments, secrets }),
        issues.map((issue) => `marquee:payments${issue}`),
      );
    });
}

/** Rows of values that break the rule of a key. */
const breaking = (
  key: string,
  rule: string,
  values: unknown[],
): [payments: unknown, issue: string][] =>
  values.map((value) => [
    { [key]: value },
    `.${key} is ${JSON.stringify(value)}: ${rule}`,
  ]);

/** The parsed payments of a valid configuration. */
const payments = (payments: unknown) =>
  settingsOf({ payments, secrets }, encrypted).payments;

describe("parseSettings: payments", () => {
  describe("invalid values", () => {
    describe("payments", () => {
      table(
        [null, true, 5, "", "stripe", [], [stripe]].map((payments) => [
          payments,
          ` is ${JSON.stringify(payments)}: ${rules.itself}`,
        ]),
      );
      table([
        [{ currency: "EUR" }, `.currency ${rules.keys}`],
        [
          { Processor: "stripe" },
          `.Processor ${rules.keys} Did you mean processor?`,
        ],
        [
          { webhookPort: [443] },
          `.webhookPort ${rules.keys} Did you mean webhookPorts?`,
        ],
        // The message names a misplaced secret, but does not quote it.
        [{ STRIPE_SECRET_KEY: value }, `.STRIPE_SECRET_KEY ${rules.keys}`],
        [{ secrets: secrets.payment }, `.secrets ${rules.keys}`],
        [
          {
            graceperiod: "P1D",
            webhookPorts: 443,
            gracePeriod: "7D",
            billingPeriod: "1M",
            processor: "cash",
          },
          `.graceperiod ${rules.keys} Did you mean gracePeriod?`,
          `.processor is "cash": ${rules.processor}`,
          `.webhookPorts is 443: ${rules.ports}`,
          `.billingPeriod is "1M": ${rules.duration}`,
          `.gracePeriod is "7D": ${rules.duration}`,
        ],
      ]);
    });

    describe("processor", () => {
      table(
        breaking("processor", rules.processor, [
          ...["", "Stripe", "SANDBOX", "stripe ", "\nsandbox", "paypal"],
          ...["sandbox,stripe", null, true, 0, ["stripe"], stripe],
        ]),
      );

      it("reports an unknown processor without asking for secrets", () => {
        const payments = { processor: "Stripe" };
        assert.deepEqual(issuesIn({ payments }), [
          `marquee:payments.processor is "Stripe": ${rules.processor}`,
        ]);
      });
    });

    for (const period of ["billingPeriod", "gracePeriod"])
      describe(period, () => {
        table(
          breaking(period, rules.duration, [
            ...["", " ", "P", "PT", "P1", "PT1", "P1DT", "1M", "30", "month"],
            ...["p1m", "P1m", "Pt1S", "P1H", "P1S", "PT1D", "PT1W", "PT1Y"],
            // The standard fixes the order of units, and allows each only once.
            ...["P1D1M", "P1M1Y", "P1D1W", "PT1S1H", "P1M1M", "PT1ST1S"],
            ...["P0D", "PT0S", "P0Y0M0W0DT0H0M0S", "P00M"],
            ...["-P1M", "+P1M", "P-1M", "P+1M", "PT-1S"],
            ...["P0.5M", "PT1.5S", "PT1,5S", "P1e3D", "P0x1D", "P١M"],
            ...[" P1M", "P1M ", "P1M\n", "P1 M", "P1M/P1D", "R/P1M"],
            ...["P0001-01-00T00:00:00", "2026-01-01"],
            ...[null, true, false, 0, 30, ["P1M"], { months: 1 }],
          ]),
        );
      });

    describe("webhookPorts", () => {
      table(
        breaking("webhookPorts", rules.ports, [
          ...[443, "443", "", "all", null, true, {}, { 0: 443 }],
          ...[[0], [-1], [65_536], [443.5], [1e9]],
          ...[["443"], ["https"], [null], [true], [[443]], [{ port: 443 }]],
          ...[
            [443, 0],
            [443, "8443"],
            ["8080-8090", 443],
          ],
        ]),
      );
    });
  });

  for (const nothing of [undefined, {}])
    it(`defaults to the sandbox, months, a week of grace and no ports if payments is ${JSON.stringify(nothing) ?? "undefined"}`, () => {
      assert.deepEqual(payments(nothing), usualPayments);
    });

  it("accepts every key", () => {
    const all = {
      ...stripe,
      billingPeriod: "P1Y",
      gracePeriod: "PT12H",
      webhookPorts: [8443],
    };
    assert.deepEqual(payments(all), all);
  });

  for (const duration of [
    ...["P1Y", "P1M", "P2W", "P30D", "PT1H", "PT1M", "PT30S"],
    ...["P1Y2M3W4DT5H6M7S", "P1YT1S", "P1W2D", "PT1H1S"],
    ...["P0Y1M", "P0DT1S", "PT0H1S", "P01M", "P100D", "P10D"],
  ])
    it(`accepts ${duration} for both periods`, () => {
      const periods = { billingPeriod: duration, gracePeriod: duration };
      assert.deepEqual(payments(periods), { ...usualPayments, ...periods });
    });

  for (const webhookPorts of [[], [1], [65_535], [443, 8443], [443, 443]])
    it(`accepts webhookPorts [${webhookPorts}]`, () => {
      assert.deepEqual(payments({ webhookPorts }), {
        ...usualPayments,
        webhookPorts,
      });
    });
});

describe("paymentEgressPorts", () => {
  const rows: [payments: object, ports: number[]][] = [
    [{}, []],
    [stripe, [443]],
    [{ webhookPorts: [8443] }, [8443]],
    [{ webhookPorts: [8443, 443, 8443] }, [8443, 443]],
    [{ ...stripe, webhookPorts: [8443] }, [443, 8443]],
    [{ ...stripe, webhookPorts: [8443, 443] }, [443, 8443]],
  ];
  for (const [settings, ports] of rows)
    it(`returns [${ports}] for ${JSON.stringify(settings)}, without duplicates`, () => {
      assert.deepEqual(paymentEgressPorts(payments(settings)), ports);
    });
});
