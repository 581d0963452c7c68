import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type
import { currencies, exponentOf, noCurrency } from "./currencies.ts";

/** An amount of the currency's smallest unit: 1299n EUR are 12.99 euros, 1299n JPY are 1299 yen. */
export interface Money {
  amount: bigint;
  /** ISO 4217's code, in upper case. */
  currency: string;
}

/**
 * Money as a decimal number, exactly: 1299n EUR is "12.99", 1299n KWD is "1.299".
 * @throws RangeError if the currency is none
 */
export function decimal({ amount, currency }: Money): `${number}` {
  const exponent = exponentOf(currency);
  const digits = `${amount}`.replace("-", "").padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const rest = exponent === 0 ? "" : `.${digits.slice(-exponent)}`;
  return `${amount < 0n ? "-" : ""}${whole}${rest}` as `${number}`;
}

/**
 * Money for people, to the last digit: "€12.99", "¥1,299".
 * @param locale a language tag of BCP 47. @default en
 * @throws RangeError if the currency or the locale is none
 */
export function format(money: Money, locale = "en"): string {
  const digits = exponentOf(money.currency);
  return new Intl.NumberFormat(locale, {
    style: "currency",
    currency: money.currency,
    // By default it is fewer than ISO 4217 has, for some.
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(decimal(money)); // of text, every digit counts
}

/** An amount in a request: a whole number of the currency's smallest unit, from 1 to 2^53 - 1, which JSON has exactly. */
export const Amount = z
  .codec(
    z.int({ error: noAmount, abort: true }).min(1, { error: noAmount }),
    z.bigint(),
    {
      decode: BigInt,
      encode: Number,
    },
  )
  .describe("A whole number of the currency's smallest unit.");

function noAmount({ input }: { input?: unknown }): string {
  if (input === undefined) return "is missing";
  if (!Number.isInteger(input))
    return "has to be a whole number of the currency's smallest unit, such as 1299 for 12.99 EUR";
  return (input as number) < 1
    ? "has to be 1 or more"
    : `has to be ${Number.MAX_SAFE_INTEGER} or less`;
}

/** A currency in a request: ISO 4217's code, in upper case. */
export const Currency = z.enum(currencies, { error: notThat }).meta({
  id: "Currency",
  description: "A currency's code of ISO 4217, in upper case.",
});

function notThat({ input }: { input?: unknown }): string {
  if (input === undefined) return "is missing";
  return typeof input === "string"
    ? noCurrency(input)
    : "has to be a currency's code of ISO 4217, such as EUR";
}
