import * as z from "zod";
import {
  type Card,
  CardRefused,
  type MethodSummary,
  type Processor,
} from "../processors/processor.ts";

/** A card's fields as requests have them, by the names that processors have. */
const fields: Record<keyof Card, string> = {
  number: "/method/number",
  expMonth: "/method/exp_month",
  expYear: "/method/exp_year",
  cvc: "/method/cvc",
};

/** What somebody pays with. */
export const Method = z
  .union(
    [
      z
        .string()
        .regex(/^[\w-]{1,255}$/)
        .describe("A token of the processor's, such as pm_card_visa."),
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

/** What somebody wants to pay with can't be paid with. To a client: 422; the message never has a card's number. */
export class MethodRefused extends Error {
  override readonly name = "MethodRefused";
  /** Where the request has it, as a JSON Pointer. */
  readonly pointer: string;
  /** As the processor has it: incorrect_number, invalid_cvc … */
  readonly code: string;

  constructor(pointer: string, code: string, message: string) {
    super(message);
    this.pointer = pointer;
    this.code = code;
  }
}

/**
 * What may be stored of what somebody pays with. No money moves, and after this nothing here knows the card's number.
 * @throws MethodRefused; ProcessorUnavailable
 */
export async function readMethod(
  processor: Processor,
  method: z.output<typeof Method>,
): Promise<MethodSummary> {
  if (typeof method === "string") {
    const known = await processor.describe(method);
    if (known) return known;
    throw new MethodRefused(
      "/method",
      "resource_missing",
      `is no token that ${processor.name} knows`,
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
    if (error instanceof CardRefused)
      throw new MethodRefused(fields[error.field], error.code, error.message);
    throw error;
  }
}
