/** A recurring price. */
export interface Price {
  /** In the currency's smallest unit. */
  amount: number;
  /** ISO 4217. */
  currency: string;
  /** Length of a period: an ISO 8601 duration. */
  interval: string;
}

/**
 * Decimals per ISO 4217, for currencies where Intl follows daily use instead. Amounts are in ISO 4217's smallest unit.
 */
const decimals: Readonly<Record<string, number>> = {
  AFN: 2,
  ALL: 2,
  COP: 2,
  HUF: 2,
  IDR: 2,
  IQD: 3,
  IRR: 2,
  KPW: 2,
  LAK: 2,
  LBP: 2,
  MGA: 2,
  MMK: 2,
  PKR: 2,
  SOS: 2,
  SYP: 2,
  YER: 2,
};

/**
 * Formats an amount: "$7.99", "¥800", "KWD 1.250".
 * @param amount in the currency's smallest unit
 * @param currency ISO 4217
 */
export function money(amount: number, currency: string): string {
  const style = { style: "currency", currency } as const;
  const digits =
    decimals[currency] ??
    new Intl.NumberFormat("en-US", style).resolvedOptions()
      .maximumFractionDigits ??
    2;
  return new Intl.NumberFormat("en-US", {
    ...style,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(`${amount}E-${digits}` as `${number}`); // a decimal string: no rounding errors
}

const units = {
  Y: "year",
  M: "month",
  W: "week",
  D: "day",
  TH: "hour",
  TM: "minute",
  TS: "second",
} as const;

/**
 * Words for an ISO 8601 duration after a price: "a month" (P1M), "every 60 seconds" (PT60S). Unknown ones stay as they
 * are.
 */
export function intervalInWords(interval: string): string {
  const [date = "", time = ""] = interval.replace(/^P/, "").split("T");
  const parts = [
    ...partsOf(date, (letter) => letter),
    ...partsOf(time, (letter) => `T${letter}`),
  ];
  const [first] = parts;
  if (!first) return `every ${interval}`;
  if (parts.length === 1 && first.count === 1)
    return `${first.unit === "hour" ? "an" : "a"} ${first.unit}`;
  const words = parts.map(
    ({ count, unit }) => `${count} ${unit}${count === 1 ? "" : "s"}`,
  );
  return `every ${new Intl.ListFormat("en-US").format(words)}`;
}

const partsOf = (text: string, key: (letter: string) => string) =>
  [...text.matchAll(/(\d+(?:\.\d+)?)([A-Z])/g)].flatMap(
    ([, count, letter = ""]) => {
      const unit = units[key(letter) as keyof typeof units];
      return unit && Number(count) > 0 ? [{ count: Number(count), unit }] : [];
    },
  );

/** "$7.99 a month". */
export const priceInWords = ({ amount, currency, interval }: Price): string =>
  `${money(amount, currency)} ${intervalInWords(interval)}`;
