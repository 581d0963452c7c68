import assert from "node:assert/strict";
import {
  currencies,
  exponentOf,
} from "../../../../services/payment/money/currencies.ts";
import {
  clock,
  duration,
} from "../../../../services/streaming/pages/durations.ts";
import { parseExpiry } from "../../../../services/streaming/pages/expiry.ts";
import {
  intervalInWords,
  money,
} from "../../../../services/streaming/pages/prices.ts";

/** Defines a test for each input and its expected result. */
const table = <T>(
  cases: readonly (readonly [T, unknown])[],
  of: (input: T) => unknown,
) => {
  for (const [input, expected] of cases)
    it(`returns ${JSON.stringify(expected) ?? "undefined"} for ${JSON.stringify(input)}`, () => {
      assert.deepEqual(of(input), expected);
    });
};

describe("duration: length of a title", () => {
  table(
    [
      [0, "1 s"],
      [24.4, "24 s"],
      [59.6, "1 min"],
      [89, "1 min"],
      [3599, "1 h"],
      [3600, "1 h"],
      [6120, "1 h 42 min"],
    ],
    duration,
  );
});

describe("clock: position in a title", () => {
  table(
    [
      [-1, "0:00"],
      [12.9, "0:12"],
      [61, "1:01"],
      [3599, "59:59"],
      [3723, "1:02:03"],
    ],
    clock,
  );
});

describe("intervalInWords: interval after a price", () => {
  table(
    [
      ["P1M", "a month"],
      ["P1Y", "a year"],
      ["PT1H", "an hour"],
      ["PT60S", "every 60 seconds"],
      ["PT1M", "a minute"],
      ["P7D", "every 7 days"],
      ["P1Y6M", "every 1 year and 6 months"],
      ["P0Y1M", "a month"],
      ["tomorrow", "every tomorrow"],
    ],
    intervalInWords,
  );
});

describe("money", () => {
  it("writes the decimals of ISO 4217 in every currency that payment accepts", () => {
    for (const currency of currencies) {
      const digits = exponentOf(currency);
      const expected = (1234567 / 10 ** digits).toLocaleString("en-US", {
        minimumFractionDigits: digits,
      });
      const written = money(1234567, currency);
      assert.ok(written.endsWith(expected), `${currency}: ${written}`);
    }
  });

  it("writes small and large amounts exactly", () => {
    assert.equal(
      money(Number.MAX_SAFE_INTEGER, "USD"),
      "$90,071,992,547,409.91",
    );
    assert.equal(money(5, "USD"), "$0.05");
  });
});

describe("parseExpiry: expiry date of a card", () => {
  table(
    [
      ["", undefined],
      ["7", undefined],
      ["13/30", undefined],
      ["00/30", undefined],
      ["07/1999", undefined],
      ["07/30/1", undefined],
      ["ab/cd", undefined],
      ["7/30", { month: 7, year: 2030 }],
      [" 07 / 30 ", { month: 7, year: 2030 }],
      ["0730", { month: 7, year: 2030 }],
      ["12/2030", { month: 12, year: 2030 }],
      ["12-30", { month: 12, year: 2030 }],
      ["012030", { month: 1, year: 2030 }],
    ],
    parseExpiry,
  );
});
