import { exponents } from "./iso-4217.ts";

/** A currency's code in ISO 4217, such as EUR. Funds codes such as CLF are among them: they have a minor unit, too. */
export type CurrencyCode = keyof typeof exponents;

/** All codes, in alphabetical order. */
export const currencies = Object.keys(exponents) as CurrencyCode[];

/** Whether this is the code, in upper case, of a currency that amounts can be in. Gold (XAU) and XXX are none: they have no smallest unit. */
export const isCurrency = (code: string): code is CurrencyCode =>
  Object.hasOwn(exponents, code);

/**
 * How many decimals a currency has: 2 for EUR, whose smallest unit is a cent; 0 for JPY, 3 for KWD, 4 for CLF. Not what
 * Intl.NumberFormat has by default: that leaves out decimals that are not in daily use, as of HUF and IDR.
 * @throws RangeError if it is no currency
 */
export function exponentOf(code: string): number {
  if (isCurrency(code)) return exponents[code];
  throw new RangeError(noCurrency(code));
}

/**
 * What is wrong with a code, and what it was meant to be, as far as one can tell. What has digits is not repeated:
 * it may be a card's number, in the wrong field.
 */
export function noCurrency(code: string): string {
  const meant = code.trim().toUpperCase();
  const advice = isCurrency(meant)
    ? `write "${meant}"`
    : "write one such as EUR";
  const what = /^\D{0,20}$/.test(code) ? JSON.stringify(code) : "this";
  return `${what} is no currency of ISO 4217: ${advice}`;
}
