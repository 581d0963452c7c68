const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const time = "(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})";
const month = `(?<month>${months.join("|")})`;

/** The three date formats that servers must accept per RFC 9110, 5.6.7. They send the first. */
const forms = [
  `${day}, (?<date>\\d{2}) ${month} (?<year>\\d{4}) ${time} GMT`,
  `${day}[a-z]{3,6}, (?<date>\\d{2})-${month}-(?<year>\\d{2}) ${time} GMT`,
  `${day} ${month} (?<date>[ \\d]\\d) ${time} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * Parses an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`. Date.parse() accepts too many other formats.
 * @param now for two-digit years, which are at most 50 years in the future; milliseconds since 1970. @default now
 * @returns milliseconds since 1970; undefined if the date is invalid
 */
export function parseHttpDate(
  text: string | undefined,
  now = Date.now(),
): number | undefined {
  for (const form of forms) {
    const parts = form.exec(text ?? "")?.groups;
    if (!parts) continue;
    let year = Number(parts.year);
    if (parts.year?.length === 2) {
      const thisYear = new Date(now).getUTCFullYear();
      year += Math.floor(thisYear / 100) * 100;
      if (year > thisYear + 50) year -= 100;
      if (year <= thisYear - 50) year += 100;
    }
    const at = new Date(0);
    at.setUTCFullYear(
      year,
      months.indexOf(parts.month as string),
      Number(parts.date),
    );
    const [hour, minute, second] = [parts.hour, parts.minute, parts.second].map(
      Number,
    ) as [number, number, number];
    const exists = at.getUTCDate() === Number(parts.date);
    if (!exists || hour > 23 || minute > 59 || second > 60) return undefined;
    return at.setUTCHours(hour, minute, second);
  }
  return undefined;
}
