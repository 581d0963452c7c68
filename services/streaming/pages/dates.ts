import { html } from "hono/html";

/** Formats a date in UTC: "27 November 2026". @param iso ISO 8601 */
const day = (iso: string) => time(iso, { dateStyle: "long" });

/** Short form for tables: "27 Nov 2026". */
export const shortDay = (iso: string) => time(iso, { dateStyle: "medium" });

/** As `day`, with the time for intervals below a day. @param interval ISO 8601 duration */
export const dayOrTime = (iso: string, interval: string) =>
  interval.startsWith("PT")
    ? time(iso, { dateStyle: "long", timeStyle: "long" })
    : day(iso);

function time(iso: string, style: Intl.DateTimeFormatOptions) {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...style,
    timeZone: "UTC",
  });
  return html`<time datetime="${iso}">${format.format(new Date(iso))}</time>`;
}
