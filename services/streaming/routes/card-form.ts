import { randomUUID } from "node:crypto";
import type { FormErrors } from "@marquee/service-kit";
import type { CardMethod } from "../clients/payment.ts";
import type { Outcome } from "../clients/payment-responses.ts";
import { parseExpiry } from "../pages/expiry.ts";

/** Card details as typed. */
export interface TypedCard {
  number: string;
  expiry: string;
  cvc: string;
}

/** Converts card details to payment's format, or lists the errors. Whether the card exists is for payment to decide. */
export function parseCard({
  number,
  expiry,
  cvc,
}: TypedCard): { method: CardMethod } | { errors: FormErrors } {
  const digits = number.replace(/[\s-]/g, "");
  const ends = parseExpiry(expiry);
  const code = cvc.trim();
  if (/^\d{12,19}$/.test(digits) && ends && /^\d{3,4}$/.test(code))
    return {
      method: {
        type: "card",
        number: digits,
        exp_month: ends.month,
        exp_year: ends.year,
        cvc: code,
      },
    };
  return {
    errors: {
      fields: {
        ...(!/^\d{12,19}$/.test(digits) && {
          number: "Enter the number that is on the card, 12 to 19 digits.",
        }),
        ...(!ends && { expiry: "Enter the expiry date as MM/YY." }),
        ...(!/^\d{3,4}$/.test(code) && {
          cvc: "Enter the security code, 3 or 4 digits.",
        }),
      },
    },
  };
}

/** Form fields by JSON Pointer in payment's API. */
const fields: Readonly<Record<string, keyof TypedCard>> = {
  "/method/number": "number",
  "/method/exp_month": "expiry",
  "/method/exp_year": "expiry",
  "/method/cvc": "cvc",
};

/** Converts a failed outcome to form errors and a status. */
export function toFormErrors(
  outcome: Exclude<Outcome<unknown>, { kind: "done" | "pending" }>,
): { errors: FormErrors; status: 402 | 404 | 409 | 422 } {
  const status = {
    declined: 402,
    none: 404,
    conflict: 409,
    invalid: 422,
  } as const;
  if (outcome.kind !== "invalid")
    return {
      errors: { alert: outcome.message },
      status: status[outcome.kind],
    };
  const wrong = outcome.errors.flatMap(({ pointer, detail }) => {
    const field = fields[pointer];
    return field ? [[field, asSentence(detail)] as const] : [];
  });
  return {
    errors:
      wrong.length > 0
        ? { fields: Object.fromEntries(wrong) }
        : {
            alert:
              "This could not be taken. Please check the card, and try again.",
          },
    status: 422,
  };
}

/** Makes a sentence of a detail: "is too short" becomes "This is too short." */
const asSentence = (detail: string) =>
  /^(is|has|must|can)\b/.test(detail)
    ? `This ${detail.replace(/\.?$/, ".")}`
    : `${detail.charAt(0).toUpperCase()}${detail.slice(1).replace(/\.?$/, ".")}`;

/** A new idempotency key for a form. */
export const newIdempotencyKey = (): string => randomUUID();

/** The key that a form has sent, or a new one if it is invalid. */
export const idempotencyKeyOf = (sent: string): string =>
  /^[\da-f-]{36}$/.test(sent) ? sent : newIdempotencyKey();
