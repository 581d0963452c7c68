/** The last month in which a card is valid. */
export interface Expiry {
  /** 1 to 12. */
  month: number;
  /** Four digits, such as 2030. */
  year: number;
}

/**
 * Parses a card's expiry date in common notations: "07/30", "7 / 2030", "0730", "07-30". Whether the card has expired
 * is for the processor to decide.
 * @returns undefined if it can't be parsed
 */
export function parseExpiry(text: string): Expiry | undefined {
  const match =
    /^(\d{1,2})\s*[/.\- ]\s*(\d{2}|20\d{2})$/.exec(text.trim()) ??
    /^(\d{2})(\d{2}|20\d{2})$/.exec(text.trim());
  if (!match) return undefined;
  const [month, year] = [Number(match[1]), Number(match[2])];
  if (month < 1 || month > 12) return undefined;
  return { month, year: year < 100 ? 2000 + year : year };
}
