/** What something costs, and how often. */
export interface Price {
  /** In the currency's smallest unit. */
  amount: number;
  /** ISO 4217. */
  currency: string;
  /** How long what was paid lasts: an ISO 8601 duration. */
  interval: string;
}

/** Decimals of currencies for which Intl leaves out what is not in daily use: amounts are in ISO 4217's unit all the same. */
const decimals: Readonly<Record<string, number>> = {
  ...{ AFN: 2, ALL: 2, COP: 2, HUF: 2, IDR: 2, IQD: 3, IRR: 2, KPW: 2 },
  ...{ LAK: 2, LBP: 2, MGA: 2, MMK: 2, PKR: 2, SOS: 2, SYP: 2, YER: 2 },
};

/**
 * An amount as people write it: "$7.99", "¥800", "KWD 1.250".
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
  }).format(`${amount}E-${digits}` as `${number}`); // a decimal, exact
}

const units = {
  ...{ Y: "year", M: "month", W: "week", D: "day" },
  ...{ TH: "hour", TM: "minute", TS: "second" },
} as const;

/** An ISO 8601 duration as what follows a price: "a month" (P1M), "every 60 seconds" (PT60S). What is none stays as it is. */
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
