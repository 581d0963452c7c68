import { exponents } from "./iso-4217.ts";

/** ISO 4217 code, such as EUR. Includes funds codes such as CLF, which have a minor unit, too. */
export type CurrencyCode = keyof typeof exponents;

/** In alphabetical order. */
export const currencies = Object.keys(exponents) as CurrencyCode[];

/** Whether amounts can be in this currency. Not in gold (XAU) or XXX, which have no smallest unit. */
export const isCurrency = (code: string): code is CurrencyCode =>
  Object.hasOwn(exponents, code);

/**
 * Number of decimals: 2 for EUR, 0 for JPY, 3 for KWD, 4 for CLF. Unlike Intl.NumberFormat's default, which omits
 * decimals that are not in daily use, as in HUF and IDR.
 * @throws RangeError if the currency is unknown
 */
export function exponentOf(code: string): number {
  if (isCurrency(code)) return exponents[code];
  throw new RangeError(currencyError(code));
}

/**
 * Describes an invalid code, and suggests the one that was probably meant. Codes with digits are not repeated: they may
 * be a card number in the wrong field.
 */
export function currencyError(code: string): string {
  const meant = code.trim().toUpperCase();
  const advice = isCurrency(meant)
    ? `write "${meant}"`
    : "write one such as EUR";
  const what = /^\D{0,20}$/.test(code) ? JSON.stringify(code) : "this";
  return `${what} is not an ISO 4217 currency: ${advice}`;
}
