import { exponentOf, isCurrency } from "../../money/currencies.ts";

/** An amount that Stripe can't charge, whatever the bank would say; the message is for who pays. */
export class AmountRefused extends Error {
  override readonly name = "AmountRefused";
  /** As Stripe's, where it has one. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Digits after the point that Stripe's amounts have; all other currencies have two. https://docs.stripe.com/currencies
 *
 * ISK and UGX have none in ISO 4217, and two at Stripe, which are always 00. (That page has UGX among those without digits, too;
 * what it says of UGX alone counts: "to charge 5 UGX, provide an amount value of 500".) MGA has two in ISO 4217, none at Stripe.
 */
const digitsAtStripe = new Map<string, number>([
  ...[
    ...["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"],
    ...["PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"],
  ].map((currency) => [currency, 0] as const),
  ...["ISK", "UGX"].map((currency) => [currency, 2] as const),
  ...["BHD", "JOD", "KWD", "OMR", "TND"].map(
    (currency) => [currency, 3] as const,
  ),
]);

/**
 * What Stripe calls an amount. Exact, or refused: nothing is rounded.
 * @param amount in the currency's smallest unit, as ISO 4217 has it
 * @param currency ISO 4217, upper case
 * @throws AmountRefused
 */
export function stripeAmount(amount: bigint, currency: string): number {
  const digits = isCurrency(currency) ? exponentOf(currency) : undefined;
  const there = digitsAtStripe.get(currency) ?? 2;
  // One that Stripe lists nowhere as having other than two, such as IQD: what an amount would mean there is not known.
  if (
    digits === undefined ||
    (digits !== there && !digitsAtStripe.has(currency))
  )
    throw new AmountRefused(
      "currency_not_supported",
      `Payments in ${currency} can't be made here.`,
    );
  const scaled = rescaled(amount, digits, there);
  // With three digits, Stripe's partners take two: the last one has to be 0.
  if (scaled === undefined || (there === 3 && scaled % 10n !== 0n))
    throw new AmountRefused(
      "invalid_charge_amount",
      `An amount of ${currency} has to be a multiple of ${there === 3 ? 10 : 10 ** (digits - there)} of its smallest unit; ${amount} is none.`,
    );
  if (scaled > BigInt(Number.MAX_SAFE_INTEGER))
    throw new AmountRefused(
      "amount_too_large",
      `${amount} is more than can be charged in ${currency} at once.`,
    );
  return Number(scaled);
}

/** An amount with other digits after the point; undefined if it has some that are lost. */
function rescaled(amount: bigint, from: number, to: number) {
  if (to >= from) return amount * 10n ** BigInt(to - from);
  const factor = 10n ** BigInt(from - to);
  return amount % factor === 0n ? amount / factor : undefined;
}
