import { randomUUID } from "node:crypto";
import type { Mistakes } from "@marquee/service-kit";
import type { Method, Outcome } from "../origin/payment-client.ts";
import { parseExpiry } from "../pages/expiry.ts";

/** A card as somebody typed it in. */
export interface TypedCard {
  number: string;
  expiry: string;
  cvc: string;
}

/** What payment is sent, or what is wrong with what was typed. Whether there is such a card is for payment to say. */
export function readCard({
  number,
  expiry,
  cvc,
}: TypedCard): { method: Method } | { mistakes: Mistakes } {
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
    mistakes: {
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

/** The fields of the form, by where payment has them. */
const fields: Readonly<Record<string, keyof TypedCard>> = {
  "/method/number": "number",
  "/method/exp_month": "expiry",
  "/method/exp_year": "expiry",
  "/method/cvc": "cvc",
};

/** What to say in the form of what payment did not do, with the answer's status. */
export function mistakesOf(
  outcome: Exclude<Outcome<unknown>, { kind: "done" | "pending" }>,
): { mistakes: Mistakes; status: 402 | 404 | 409 | 422 } {
  const status = {
    declined: 402,
    none: 404,
    conflict: 409,
    invalid: 422,
  } as const;
  if (outcome.kind !== "invalid")
    return {
      mistakes: { alert: outcome.message },
      status: status[outcome.kind],
    };
  const wrong = outcome.errors.flatMap(({ pointer, detail }) => {
    const field = fields[pointer];
    return field ? [[field, sentence(detail)] as const] : [];
  });
  return {
    mistakes:
      wrong.length > 0
        ? { fields: Object.fromEntries(wrong) }
        : {
            alert:
              "This could not be taken. Please check the card, and try again.",
          },
    status: 422,
  };
}

/** "is too short" of a field's name is "This is too short." */
const sentence = (detail: string) =>
  /^(is|has|must|can)\b/.test(detail)
    ? `This ${detail.replace(/\.?$/, ".")}`
    : `${detail.charAt(0).toUpperCase()}${detail.slice(1).replace(/\.?$/, ".")}`;

/** What a form sends, so that it is done once however often it is sent. */
export const newKey = (): string => randomUUID();

/** A key that a form of ours has sent; another one where it is none. */
export const keyOf = (sent: string): string =>
  /^[\da-f-]{36}$/.test(sent) ? sent : newKey();
