import type { Queries } from "@marquee/service-kit";
import { behaviourNamed } from "./behaviours.ts";
import { findChargeByReference } from "./charges.ts";
import { findMethod } from "./payment-methods.ts";

/** A 3-D Secure authentication: the bank asks the customer to approve a charge. */
export interface Action {
  reference: string;
  /** In the currency's smallest unit. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  brand: string;
  last4: string;
  /** URL that the customer goes to afterwards, as given by the caller. */
  returnUrl: string | undefined;
  /** The customer's answer; undefined while it is pending. */
  answer: "approved" | "refused" | "canceled" | undefined;
}

/** Finds the authentication of a charge; undefined if the charge is unknown or needed none. */
export async function findAction(
  queries: Queries,
  reference: string,
): Promise<Action | undefined> {
  const charge = await findChargeByReference(queries, reference);
  if (!charge || behaviourNamed(charge.behaviour).status !== "requires_action")
    return undefined;
  const method = await findMethod(queries, charge.token);
  if (!method)
    throw new Error(`The token of charge ${reference} does not exist.`);
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

/** An approved charge may still be declined. */
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
