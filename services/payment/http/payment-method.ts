import * as z from "zod";
import {
  type Card,
  InvalidCardError,
  type MethodSummary,
  type Processor,
} from "../processors/processor.ts";

/** The fields of a card in requests, as JSON Pointers. */
const fields: Record<keyof Card, string> = {
  number: "/method/number",
  expMonth: "/method/exp_month",
  expYear: "/method/exp_year",
  cvc: "/method/cvc",
};

export const PaymentMethod = z
  .union(
    [
      z
        .string()
        .regex(/^[\w-]{1,255}$/)
        .describe("The processor's token, such as pm_card_visa."),
      z.strictObject({
        type: z.literal("card"),
        number: z.string().min(1).max(40),
        exp_month: z.int().min(1).max(12),
        exp_year: z.int().min(2000).max(2999),
        cvc: z.string().min(1).max(8),
      }),
    ],
    {
      error:
        'expected a token, or { "type": "card", "number": "…", "exp_month": 12, "exp_year": 2030, "cvc": "…" }',
    },
  )
  .meta({ id: "Method" });

/** The card or token can't be used. To a client: 422; the message never contains a card number. */
export class InvalidPaymentMethodError extends Error {
  override readonly name = "InvalidPaymentMethodError";
  /** The field in the request, as a JSON Pointer. */
  readonly pointer: string;
  /** The processor's code: incorrect_number, invalid_cvc … */
  readonly code: string;

  constructor(pointer: string, code: string, message: string) {
    super(message);
    this.pointer = pointer;
    this.code = code;
  }
}

/**
 * Exchanges a card for a token, or looks up a token. No money moves, and the card number goes no further.
 * @throws InvalidPaymentMethodError; ProcessorUnavailableError
 */
export async function describePaymentMethod(
  processor: Processor,
  method: z.output<typeof PaymentMethod>,
): Promise<MethodSummary> {
  if (typeof method === "string") {
    const known = await processor.describe(method);
    if (known) return known;
    throw new InvalidPaymentMethodError(
      "/method",
      "resource_missing",
      `is not a token that ${processor.name} knows`,
    );
  }
  try {
    return await processor.tokenize({
      number: method.number,
      expMonth: method.exp_month,
      expYear: method.exp_year,
      cvc: method.cvc,
    });
  } catch (error) {
    if (error instanceof InvalidCardError)
      throw new InvalidPaymentMethodError(
        fields[error.field],
        error.code,
        error.message,
      );
    throw error;
  }
}
