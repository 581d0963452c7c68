import assert from "node:assert/strict";
import { createService, jsonValidator } from "@marquee/service-kit";
import fc from "fast-check";
import * as z from "zod";
import { createSchemas } from "../../../../packages/service-kit/openapi/schema.ts";
import {
  currencies,
  exponentOf,
} from "../../../../services/payment/money/currencies.ts";
import {
  Amount,
  Currency,
  decimal,
  format,
} from "../../../../services/payment/money/money.ts";
import { problemOf } from "../../../support/problem.ts";

const most = 2n ** 53n - 1n;

describe("Formatting of money", () => {
  const spaced = (text: string) => text.replaceAll("\u00a0", " ");
  for (const [amount, currency, locale, expected] of [
    [1299n, "EUR", "en", "€12.99"],
    [1299n, "EUR", "de", "12,99 €"],
    [1299n, "JPY", "en", "¥1,299"],
    [1299n, "KWD", "en", "KWD 1.299"],
    [1299n, "CLF", "en", "CLF 0.1299"],
    [1299n, "HUF", "en", "HUF 12.99"],
    [0n, "USD", "en", "$0.00"],
    [5n, "USD", "en", "$0.05"],
    [-5n, "USD", "en", "-$0.05"],
    [-1299n, "JPY", "en", "-¥1,299"],
    [most, "USD", "en", "$90,071,992,547,409.91"],
    [most + 2n, "JPY", "en", "¥9,007,199,254,740,993"],
    [
      10n ** 30n + 1n,
      "BHD",
      "fr",
      "1 000 000 000 000 000 000 000 000 000,001 BHD",
    ],
  ] as const)
    it(`formats ${amount} ${currency} in "${locale}" as ${expected}`, () => {
      const text = format({ amount, currency }, locale);
      assert.equal(spaced(text).replaceAll("\u202f", " "), expected);
    });

  it("formats in English by default", () => {
    assert.equal(format({ amount: 1299n, currency: "USD" }), "$12.99");
  });

  const amounts = fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n });
  const anyCurrency = fc.constantFrom(...currencies);

  for (const locale of ["en", "de", "ja", "hi-u-nu-deva", "ar-EG"])
    it(`keeps every digit and the currency's decimals in "${locale}"`, () => {
      const plain = new Intl.NumberFormat(locale, { useGrouping: false });
      const numerals = [...plain.format(9_876_543_210)].reverse();
      const point = plain.formatToParts(0.5)[1]?.value ?? "";
      fc.assert(
        fc.property(amounts, anyCurrency, (amount, currency) => {
          const text = format({ amount, currency }, locale);
          const read = [...text]
            .map((char) =>
              numerals.includes(char) ? numerals.indexOf(char) : "",
            )
            .join("");
          assert.equal(BigInt(read), amount < 0n ? -amount : amount, text);
          assert.equal(/[-−]/.test(text), amount < 0n, text);
          const decimals = exponentOf(currency);
          const last = numerals.join("");
          const end = new RegExp(
            `\\${point}[${last}]{${decimals}}(?![${last}])`,
          );
          if (decimals > 0) assert.match(text, end);
        }),
        { numRuns: 1_000 },
      );
    });

  it("writes exact decimal numbers", () => {
    assert.equal(decimal({ amount: 1299n, currency: "EUR" }), "12.99");
    assert.equal(decimal({ amount: -7n, currency: "KWD" }), "-0.007");
    assert.equal(decimal({ amount: 0n, currency: "JPY" }), "0");
    fc.assert(
      fc.property(amounts, anyCurrency, (amount, currency) => {
        const text = decimal({ amount, currency });
        assert.match(text, /^-?(0|[1-9]\d*)(\.\d+)?$/);
        const [, rest = ""] = text.split(".");
        assert.equal(rest.length, exponentOf(currency));
        assert.equal(BigInt(text.replace(".", "")), amount);
      }),
    );
  });

  it("rejects invalid currencies and locales", () => {
    for (const currency of ["eur", "XAU", "XXX", ""])
      assert.throws(() => format({ amount: 1n, currency }), RangeError);
    assert.throws(
      () => format({ amount: 1n, currency: "EUR" }, "not a locale"),
      RangeError,
    );
  });
});

describe("Money in a request", () => {
  const Body = z.strictObject({ amount: Amount, currency: Currency });
  const { app } = createService();
  app.post("/", jsonValidator(Body), (c) => {
    const { amount, currency } = c.req.valid("json");
    assert.equal(typeof amount, "bigint");
    return c.text(`${amount} ${currency}`);
  });
  const send = (body: string) =>
    app.request("/", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });

  for (const amount of [1n, 1299n, most])
    it(`accepts the amount ${amount}`, async () => {
      const response = await send(`{"amount":${amount},"currency":"EUR"}`);
      assert.equal(await response.text(), `${amount} EUR`);
    });

  it("accepts every currency", async () => {
    for (const currency of currencies)
      assert.equal(Currency.parse(currency), currency);
  });

  it("encodes a decoded amount as the same JSON number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number(most) }), (amount) => {
        assert.equal(z.encode(Amount, z.decode(Amount, amount)), amount);
      }),
    );
  });

  const whole =
    "has to be a whole number of the currency's smallest unit, such as 1299 for 12.99 EUR";
  const code = "has to be a currency's code of ISO 4217, such as EUR";
  const wrong: [string, string, string][] = [
    ["/amount", "", "is missing"],
    ["/amount", '"amount":null', whole],
    ["/amount", '"amount":12.99', whole],
    ["/amount", '"amount":"1299"', whole],
    ["/amount", '"amount":true', whole],
    ["/amount", '"amount":[1]', whole],
    ["/amount", '"amount":0', "has to be 1 or more"],
    ["/amount", '"amount":-0', "has to be 1 or more"],
    ["/amount", '"amount":-1', "has to be 1 or more"],
    ["/amount", '"amount":-1e300', "has to be 1 or more"],
    ["/amount", '"amount":9007199254740992', `has to be ${most} or less`],
    ["/amount", '"amount":9007199254740993', `has to be ${most} or less`],
    ["/amount", '"amount":1e300', `has to be ${most} or less`],
    ["/amount", '"amount":1e999', whole],
    ["/currency", "", "is missing"],
    ["/currency", '"currency":978', code],
    ["/currency", '"currency":["EUR"]', code],
    ...(
      [
        ["eur", 'write "EUR"'],
        [" EUR", 'write "EUR"'],
        ["EUR\n", 'write "EUR"'],
        ["EURO", "write one such as EUR"],
        ["BTC", "write one such as EUR"],
        ["XAU", "write one such as EUR"],
        ["", "write one such as EUR"],
        ["__proto__", "write one such as EUR"],
      ] as const
    ).map(([code, advice]): [string, string, string] => [
      "/currency",
      `"currency":${JSON.stringify(code)}`,
      `${JSON.stringify(code)} is not an ISO 4217 currency: ${advice}`,
    ]),
  ];
  for (const [pointer, field, detail] of wrong)
    it(`rejects {${field}}: ${pointer} ${detail}`, async () => {
      const right =
        pointer === "/amount" ? '"currency":"EUR"' : '"amount":1299';
      const body = `{${[field, right].filter(Boolean).join(",")}}`;
      const { errors } = await problemOf(await send(body), 422);
      assert.deepEqual(errors, [{ pointer, detail }]);
    });

  it("shortens a very long currency code in the error", () => {
    const { error } = Currency.safeParse("E".repeat(100_000));
    assert.ok((error?.issues[0]?.message.length ?? 0) < 100);
  });

  it("documents the accepted amounts and currencies", () => {
    const schemas = createSchemas();
    const { properties } = schemas.fieldsOf(Body, "the body");
    assert.deepEqual(properties, {
      amount: {
        type: "integer",
        minimum: 1,
        maximum: Number(most),
        description: "An integer in the currency's smallest unit.",
      },
      currency: { $ref: "#/components/schemas/Currency" },
    });
    assert.deepEqual(schemas.components.Currency?.enum, currencies);
    assert.deepEqual(
      schemas.of(Currency, "output"),
      schemas.of(Currency, "input"),
    );
  });
});
