import type { Queries } from "@marquee/service-kit";
import { behaviourNamed } from "./behaviours.ts";
import { findReference } from "./charges.ts";
import { findMethod } from "./payment-methods.ts";

/** What somebody is asked by the bank of their card: whether it is they who pay (3-D Secure). */
export interface Action {
  reference: string;
  /** In the currency's smallest unit. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  brand: string;
  last4: string;
  /** Where they go afterwards: as the caller gave it. */
  returnUrl: string | undefined;
  /** What was answered; undefined while that is to come. */
  answer: "approved" | "refused" | "canceled" | undefined;
}

/** The question about a charge; undefined if there is no such charge, or nothing was asked about it. */
export async function findAction(
  queries: Queries,
  reference: string,
): Promise<Action | undefined> {
  const charge = await findReference(queries, reference);
  if (!charge || behaviourNamed(charge.behaviour).status !== "requires_action")
    return undefined;
  const method = await findMethod(queries, charge.token);
  if (!method) throw new Error(`The token of the charge ${reference} is gone.`);
  const { amount, currency, returnUrl } = charge;
  const { brand, last4 } = method;
  return {
    reference,
    amount,
    currency,
    brand,
    last4,
    returnUrl: returnUrl ?? undefined,
    answer: answerOf(charge),
  };
}

/** One that was approved may be declined all the same. */
function answerOf({
  status,
  code,
}: {
  status: string;
  code: string | null;
}): Action["answer"] {
  if (status === "requires_action") return undefined;
  if (status === "canceled") return status;
  return code === "payment_intent_authentication_failure"
    ? "refused"
    : "approved";
}
