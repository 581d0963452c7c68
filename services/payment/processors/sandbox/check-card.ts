import { type Card, CardRefused } from "../processor.ts";
import { cardsByNumber, type TestCard } from "./cards.ts";

/** Years from now for which cards are made out: one that says more is a mistake. Stripe's number, too. */
const longestYears = 50;

/**
 * The test card that somebody typed.
 * @param now says what has expired; a month ends at midnight UTC
 * @throws CardRefused for a number, a date or a code that no card has (codes as Stripe's), and for cards that are not the
 * sandbox's: someone's real card has no business here
 */
export function checkCard(card: Card, now: Date): TestCard {
  const known = checkNumber(card.number);
  checkExpiry(card, now);
  const digits = known.brand === "amex" ? 4 : 3;
  if (!new RegExp(`^[0-9]{${digits}}$`).test(card.cvc))
    throw new CardRefused(
      "cvc",
      "invalid_cvc",
      `Your card's security code is invalid: it has ${digits} digits.`,
    );
  return known;
}

function checkNumber(typed: string): TestCard {
  const number = typed.trim().replace(/(?<=\d)[ -](?=\d)/g, "");
  // ISO/IEC 7812: 19 digits at most; the shortest in use have 12.
  if (!/^[0-9]{12,19}$/.test(number))
    throw new CardRefused(
      "number",
      "invalid_number",
      "The card number is not a valid credit card number: it has 12 to 19 digits.",
    );
  if (!isLuhn(number))
    throw new CardRefused(
      "number",
      "incorrect_number",
      "Your card number is incorrect.",
    );
  const known = cardsByNumber.get(number);
  if (!known)
    throw new CardRefused(
      "number",
      "test_mode_live_card",
      "Your card was declined. This is a sandbox, which takes test cards alone: https://docs.stripe.com/testing lists them.",
    );
  return known;
}

function checkExpiry({ expMonth, expYear }: Card, now: Date): void {
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth() + 1;
  if (
    !Number.isInteger(expYear) ||
    expYear < year ||
    expYear > year + longestYears
  )
    throw new CardRefused(
      "expYear",
      "invalid_expiry_year",
      "Your card's expiration year is invalid.",
    );
  if (
    !Number.isInteger(expMonth) ||
    expMonth < 1 ||
    expMonth > 12 ||
    (expYear === year && expMonth < month)
  )
    throw new CardRefused(
      "expMonth",
      "invalid_expiry_month",
      "Your card's expiration month is invalid.",
    );
}

/** Whether the last digit is right: ISO/IEC 7812-1, annex B. */
function isLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((sum, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
