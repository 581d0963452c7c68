import { type Card, InvalidCardError } from "../processor.ts";
import { cardsByNumber, type TestCard } from "./cards.ts";

/** Maximum years until expiry; later dates are typing errors. Stripe's limit, too. */
const maxYearsAhead = 50;

/**
 * Validates a card, and returns the test card.
 * @param now decides whether the card has expired; a month ends at midnight UTC
 * @throws InvalidCardError for an invalid number, date or security code (with Stripe's codes), and for real cards,
 * which must not be entered here
 */
export function checkCard(card: Card, now: Date): TestCard {
  const known = checkNumber(card.number);
  checkExpiry(card, now);
  const digits = known.brand === "amex" ? 4 : 3;
  if (!new RegExp(`^[0-9]{${digits}}$`).test(card.cvc))
    throw new InvalidCardError(
      "cvc",
      "invalid_cvc",
      `Your card's security code is invalid: it has ${digits} digits.`,
    );
  return known;
}

function checkNumber(typed: string): TestCard {
  const number = typed.trim().replace(/(?<=\d)[ -](?=\d)/g, "");
  // ISO/IEC 7812: at most 19 digits; the shortest in use have 12.
  if (!/^[0-9]{12,19}$/.test(number))
    throw new InvalidCardError(
      "number",
      "invalid_number",
      "The card number is not a valid credit card number: it has 12 to 19 digits.",
    );
  if (!isLuhn(number))
    throw new InvalidCardError(
      "number",
      "incorrect_number",
      "Your card number is incorrect.",
    );
  const known = cardsByNumber.get(number);
  if (!known)
    throw new InvalidCardError(
      "number",
      "test_mode_live_card",
      "Your card was declined. This is a sandbox, which accepts test cards only: https://docs.stripe.com/testing lists them.",
    );
  return known;
}

function checkExpiry({ expMonth, expYear }: Card, now: Date): void {
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth() + 1;
  if (
    !Number.isInteger(expYear) ||
    expYear < year ||
    expYear > year + maxYearsAhead
  )
    throw new InvalidCardError(
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
    throw new InvalidCardError(
      "expMonth",
      "invalid_expiry_month",
      "Your card's expiration month is invalid.",
    );
}

/** Verifies the check digit: ISO/IEC 7812-1, annex B. */
function isLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((sum, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
