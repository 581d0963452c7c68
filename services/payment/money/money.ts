import * as z from "zod";
import { currencies, currencyError, exponentOf } from "./currencies.ts";

/** An amount in the currency's smallest unit: 1299n EUR are 12.99 euros, 1299n JPY are 1299 yen. */
export interface Money {
  amount: bigint;
  /** ISO 4217 code, upper case. */
  currency: string;
}

/**
 * The exact decimal number: 1299n EUR is "12.99", 1299n KWD is "1.299".
 * @throws RangeError if the currency is unknown
 */
export function decimal({ amount, currency }: Money): `${number}` {
  const exponent = exponentOf(currency);
  const digits = `${amount}`.replace("-", "").padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const rest = exponent === 0 ? "" : `.${digits.slice(-exponent)}`;
  return `${amount < 0n ? "-" : ""}${whole}${rest}` as `${number}`;
}

/**
 * Formats money for people, with all digits: "€12.99", "¥1,299".
 * @param locale a BCP 47 language tag. @default en
 * @throws RangeError if the currency or the locale is unknown
 */
export function format(money: Money, locale = "en"): string {
  const digits = exponentOf(money.currency);
  return new Intl.NumberFormat(locale, {
    style: "currency",
    currency: money.currency,
    // Intl's default is fewer digits than ISO 4217 for some currencies.
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(decimal(money)); // a string keeps all digits
}

/** An amount in a request: an integer in the currency's smallest unit, from 1 to 2^53 - 1, JSON's exact range. */
export const Amount = z
  .codec(
    z.int({ error: amountError, abort: true }).min(1, { error: amountError }),
    z.bigint(),
    {
      decode: BigInt,
      encode: Number,
    },
  )
  .describe("An integer in the currency's smallest unit.");

function amountError({ input }: { input?: unknown }): string {
  if (input === undefined) return "is missing";
  if (!Number.isInteger(input))
    return "has to be a whole number of the currency's smallest unit, such as 1299 for 12.99 EUR";
  return (input as number) < 1
    ? "has to be 1 or more"
    : `has to be ${Number.MAX_SAFE_INTEGER} or less`;
}

/** A currency in a request: ISO 4217 code, upper case. */
export const Currency = z.enum(currencies, { error: currencyFieldError }).meta({
  id: "Currency",
  description: "ISO 4217 currency code, upper case.",
});

function currencyFieldError({ input }: { input?: unknown }): string {
  if (input === undefined) return "is missing";
  return typeof input === "string"
    ? currencyError(input)
    : "has to be a currency's code of ISO 4217, such as EUR";
}
