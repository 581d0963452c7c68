import assert from "node:assert/strict";
import { inspect } from "node:util";
import {
  type Card,
  InvalidCardError,
} from "../../../../../services/payment/processors/processor.ts";
import { testCards } from "../../../../../services/payment/processors/sandbox/cards.ts";
import { card, useSandbox } from "../../../../support/payment/sandbox.ts";

const visa = "4242424242424242";

/** Cards that are invalid on 15 June 2030. */
const refused: [string, Partial<Card>, keyof Card, string][] = [
  ["a missing number", { number: "" }, "number", "invalid_number"],
  ["a number of spaces", { number: "   " }, "number", "invalid_number"],
  [
    "letters in the number",
    { number: "4242x42424242424" },
    "number",
    "invalid_number",
  ],
  [
    "a number of 11 digits",
    { number: "42424242424" },
    "number",
    "invalid_number",
  ],
  [
    "a number of 20 digits",
    { number: "42424242424242424242" },
    "number",
    "invalid_number",
  ],
  [
    "a signed number",
    { number: "-4242424242424242" },
    "number",
    "invalid_number",
  ],
  [
    "two spaces between digits",
    { number: "4242  424242424242" },
    "number",
    "invalid_number",
  ],
  [
    "digits in another script",
    { number: "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢" },
    "number",
    "invalid_number",
  ],
  [
    "a wrong digit",
    { number: "4242424242424241" },
    "number",
    "incorrect_number",
  ],
  [
    "two transposed digits",
    { number: "4242424242422442" },
    "number",
    "incorrect_number",
  ],
  [
    "a card that is not a test card",
    { number: "4539578763621486" },
    "number",
    "test_mode_live_card",
  ],
  ["month 0", { expMonth: 0 }, "expMonth", "invalid_expiry_month"],
  ["month 13", { expMonth: 13 }, "expMonth", "invalid_expiry_month"],
  ["a fractional month", { expMonth: 6.5 }, "expMonth", "invalid_expiry_month"],
  [
    "a missing month",
    { expMonth: Number.NaN },
    "expMonth",
    "invalid_expiry_month",
  ],
  [
    "a card that expired last month",
    { expMonth: 5, expYear: 2030 },
    "expMonth",
    "invalid_expiry_month",
  ],
  [
    "a card that expired last year",
    { expYear: 2029 },
    "expYear",
    "invalid_expiry_year",
  ],
  ["a two-digit year", { expYear: 31 }, "expYear", "invalid_expiry_year"],
  ["a year too far ahead", { expYear: 2081 }, "expYear", "invalid_expiry_year"],
  ["a fractional year", { expYear: 2030.5 }, "expYear", "invalid_expiry_year"],
  ["a missing security code", { cvc: "" }, "cvc", "invalid_cvc"],
  ["a security code of two digits", { cvc: "12" }, "cvc", "invalid_cvc"],
  ["a security code of four digits", { cvc: "1234" }, "cvc", "invalid_cvc"],
  ["letters in the security code", { cvc: "12a" }, "cvc", "invalid_cvc"],
  [
    "an American Express card with a three-digit code",
    { number: "378282246310005", cvc: "123" },
    "cvc",
    "invalid_cvc",
  ],
];

describe("Sandbox: cards", () => {
  const now = new Date("2030-06-15T12:00:00Z");
  const test = useSandbox({ clock: () => now });

  for (const [what, wrong, field, code] of refused)
    it(`rejects ${what} at the field, with Stripe's code`, async () => {
      const typed = card(visa, wrong);
      await assert.rejects(test.sandbox.tokenize(typed), (error) => {
        assert.ok(error instanceof InvalidCardError);
        assert.equal(error.field, field);
        assert.equal(error.code, code);
        assert.match(error.message, /^[A-Z].+[.\w]$/);
        const number = typed.number.replaceAll(/\D/g, "") || "nothing";
        assert.ok(
          !inspect(error).includes(number),
          "the error contains the card number",
        );
        return true;
      });
      const rows = await test.database.query("SELECT FROM sandbox_methods");
      assert.equal(rows.length, 0);
    });

  it("accepts a card in its expiry month", async () => {
    const typed = card(visa, { expMonth: 6, expYear: 2030 });
    assert.equal((await test.sandbox.tokenize(typed)).last4, "4242");
  });

  it("accepts a number with spaces or hyphens between digits", async () => {
    for (const number of [
      "4242 4242 4242 4242",
      "4242-4242-4242-4242",
      ` ${visa} `,
    ])
      assert.equal((await test.sandbox.tokenize(card(number))).brand, "visa");
  });

  it("returns a new token each time, and only the brand and last four digits of the card", async () => {
    const first = await test.sandbox.tokenize(card(visa));
    const second = await test.sandbox.tokenize(card(visa));
    assert.match(first.token, /^pm_[0-9a-f]{32}$/);
    assert.notEqual(first.token, second.token);
    assert.deepEqual(Object.keys(first), ["token", "brand", "last4"]);
    assert.deepEqual(await test.second.describe(first.token), first);
  });

  it("accepts every test card, of every brand", async () => {
    const brands = new Set<string>();
    for (const { number } of testCards) {
      const { brand, last4 } = await test.sandbox.tokenize(card(number));
      brands.add(brand);
      assert.equal(last4, number.slice(-4));
    }
    assert.deepEqual([...brands].sort(), [
      "amex",
      "diners",
      "discover",
      "jcb",
      "mastercard",
      "unionpay",
      "visa",
    ]);
  });

  it("describes the shared test tokens that Stripe also has", async () => {
    for (const [token, brand, last4] of [
      ["pm_card_visa", "visa", "4242"],
      ["pm_card_mastercard", "mastercard", "4444"],
      ["pm_card_amex", "amex", "0005"],
      ["pm_card_chargeDeclined", "visa", "0002"],
      ["pm_card_authenticationRequired", "visa", "3184"],
    ])
      assert.deepEqual(await test.sandbox.describe(token as string), {
        token,
        brand,
        last4,
      });
  });

  it("returns undefined for unknown tokens", async () => {
    for (const token of [
      "",
      "pm_card_nobody",
      "pm_00000000000000000000000000000000",
      "constructor",
      "pm_card_visa ",
      "pm_\0",
      visa,
    ])
      assert.equal(await test.sandbox.describe(token), undefined, token);
  });
});
