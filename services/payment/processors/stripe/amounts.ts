import { exponentOf, isCurrency } from "../../money/currencies.ts";

/** Stripe can't charge this amount, whatever the bank would say. The message is for the customer. */
export class UnsupportedAmountError extends Error {
  override readonly name = "UnsupportedAmountError";
  /** Stripe's code, if it has one. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Decimals of Stripe's amounts; all other currencies have two. https://docs.stripe.com/currencies
 *
 * ISK and UGX have no decimals in ISO 4217 and two at Stripe, which are always 00. (That page also lists UGX as having
 * none; its section on UGX is right: "to charge 5 UGX, provide an amount value of 500".) MGA has two in ISO 4217 and
 * none at Stripe.
 */
const stripeExponents = new Map<string, number>([
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
 * Converts an amount to Stripe's unit. Never rounds.
 * @param amount in the currency's smallest unit per ISO 4217
 * @param currency ISO 4217, upper case
 * @throws UnsupportedAmountError
 */
export function stripeAmount(amount: bigint, currency: string): number {
  const digits = isCurrency(currency) ? exponentOf(currency) : undefined;
  const there = stripeExponents.get(currency) ?? 2;
  // Stripe does not document the decimals of currencies such as IQD: what an amount would mean is unknown.
  if (
    digits === undefined ||
    (digits !== there && !stripeExponents.has(currency))
  )
    throw new UnsupportedAmountError(
      "currency_not_supported",
      `Payments in ${currency} can't be made here.`,
    );
  const scaled = rescale(amount, digits, there);
  // With three decimals, Stripe requires the last one to be 0.
  if (scaled === undefined || (there === 3 && scaled % 10n !== 0n))
    throw new UnsupportedAmountError(
      "invalid_charge_amount",
      `An amount of ${currency} has to be a multiple of ${there === 3 ? 10 : 10 ** (digits - there)} of its smallest unit, not ${amount}.`,
    );
  if (scaled > BigInt(Number.MAX_SAFE_INTEGER))
    throw new UnsupportedAmountError(
      "amount_too_large",
      `${amount} is more than can be charged in ${currency} at once.`,
    );
  return Number(scaled);
}

/** Changes the number of decimals; undefined if that would lose some. */
function rescale(amount: bigint, from: number, to: number) {
  if (to >= from) return amount * 10n ** BigInt(to - from);
  const factor = 10n ** BigInt(from - to);
  return amount % factor === 0n ? amount / factor : undefined;
}
