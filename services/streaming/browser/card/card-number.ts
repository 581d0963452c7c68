/** Groups a card number by four digits, American Express by 4, 6 and 5. Drops everything but digits. */
export function grouped(text: string): string {
  const digits = text.replace(/\D/g, "").slice(0, 19);
  const groups = /^3[47]/.test(digits)
    ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?/.exec(digits)?.slice(1)
    : digits.match(/\d{1,4}/g);
  return (groups ?? []).filter(Boolean).join(" ");
}

/**
 * Formats an expiry date while it is typed: "7" stays, "72" becomes "07/2", "0730" becomes "07/30". "07/2030", which
 * password managers fill in, becomes "07/30".
 */
export function expiryAsTyped(text: string): string {
  const [month = "", ...rest] = text.split(/[/.\- ]+/);
  const typed = rest.length > 0 ? month.padStart(2, "0") + rest.join("") : text;
  const digits = typed.replace(/\D/g, "");
  const full = /^[2-9]/.test(digits) ? `0${digits}` : digits;
  const year = full.slice(2);
  if (year === "") return rest.length > 0 ? `${full}/` : full;
  return `${full.slice(0, 2)}/${/^20\d\d$/.test(year) ? year.slice(2) : year.slice(0, 4)}`;
}
