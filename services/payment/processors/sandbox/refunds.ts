import { randomBytes } from "node:crypto";
import type { Database, Queries } from "@marquee/service-kit";
import type { RefundOutcome, RefundRequest } from "../processor.ts";
import { type BehaviourName, behaviourNamed } from "./behaviours.ts";
import type { Charge } from "./charges.ts";
import { type RefundFailure, refundFailures } from "./failure-codes.ts";
import { untilAnswered } from "./simulate-outage.ts";

/** A refund as the sandbox keeps it, with what its charge says. */
export interface Refund {
  key: string;
  reference: string;
  /** The charge's reference. */
  charge: string;
  amount: bigint;
  currency: string;
  behaviour: BehaviourName;
  status: RefundOutcome["status"];
  /** Why it failed, or will. */
  code: RefundFailure | null;
}

/**
 * Gives back some or all of a charge, once for each key. All refunds of one charge together never are more than it.
 * @param settleAfter milliseconds that a refund is pending
 * @returns what it is by now
 * @throws ProcessorUnavailable if the card is one that isn't answered; Error if there is no such charge, it is in another
 * currency, or the key was another request's
 */
export async function addRefund(
  database: Database,
  request: RefundRequest,
  settleAfter: number,
): Promise<Refund> {
  if (request.amount < 1n)
    throw new Error(
      `A refund's amount is 1 or more, and not ${request.amount}.`,
    );
  let refund = await findRefund(database, request.key);
  if (!refund) {
    await database.transaction((tx) => insert(tx, request, settleAfter));
    refund = await findRefund(database, request.key);
  }
  if (!refund) throw new Error(`The refund ${request.key} is gone.`);
  assertSame(refund, request);
  const { key, behaviour } = refund;
  await untilAnswered(database, "refund", key, behaviour, true);
  return refund;
}

/** Of one charge, one at a time: the charge is locked until the transaction ends. */
async function insert(
  tx: Queries,
  request: RefundRequest,
  settleAfter: number,
): Promise<void> {
  const charge = await lockCharge(tx, request);
  const { status, code } = await decide(tx, request, charge);
  // Who came with the same key while we waited for the lock was first.
  await tx.query(
    `INSERT INTO sandbox_refunds (key, reference, charge, amount, status, failure_code, settles_at)
     VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $5 = 'pending' THEN now() + make_interval(secs => $7) END)
     ON CONFLICT (key) DO NOTHING`,
    [
      request.key,
      `re_${randomBytes(16).toString("hex")}`,
      request.reference,
      request.amount,
      status,
      code ?? null,
      settleAfter / 1000,
    ],
  );
}

type Refundable = Pick<Charge, "amount" | "currency" | "behaviour" | "status">;

async function lockCharge(
  tx: Queries,
  { reference, currency }: RefundRequest,
): Promise<Refundable> {
  const [charge] = await tx.query<Refundable>(
    `SELECT amount, currency, behaviour, status FROM sandbox_charges_now
     WHERE reference = $1 FOR NO KEY UPDATE`,
    [reference],
  );
  if (!charge) throw new Error(`There is no charge ${reference}.`);
  if (charge.currency !== currency)
    throw new Error(
      `The charge ${reference} was in ${charge.currency}: it can't be given back in ${currency}.`,
    );
  return charge;
}

/** What becomes of a refund. One that fails is kept, too: its key gives the same outcome for ever. */
async function decide(
  tx: Queries,
  { reference, amount }: RefundRequest,
  charge: Refundable,
): Promise<{ status: Refund["status"]; code?: RefundFailure }> {
  if (charge.status !== "succeeded")
    return { status: "failed", code: "charge_not_refundable" };
  const [row] = await tx.query<{ refunded: string }>(
    `SELECT coalesce(sum(amount), 0) AS refunded FROM sandbox_refunds_now
     WHERE charge = $1 AND status <> 'failed'`,
    [reference],
  );
  const left = charge.amount - BigInt(row?.refunded ?? 0);
  if (left === 0n) return { status: "failed", code: "charge_already_refunded" };
  if (amount > left) return { status: "failed", code: "amount_too_large" };
  return behaviourNamed(charge.behaviour).refund ?? { status: "succeeded" };
}

/** By the caller's key. */
export async function findRefund(
  queries: Queries,
  key: string,
): Promise<Refund | undefined> {
  const [refund] = await queries.query<Refund>(
    `SELECT r.key, r.reference, r.charge, r.amount, c.currency, c.behaviour, r.status, r.failure_code AS code
     FROM sandbox_refunds_now r JOIN sandbox_charges c ON c.reference = r.charge WHERE r.key = $1`,
    [key],
  );
  return refund;
}

export function refundOutcomeOf({
  status,
  reference,
  code,
}: Refund): RefundOutcome {
  if (status !== "failed") return { status, reference };
  const why = code ?? "expired_or_canceled_card";
  return { status, code: why, message: refundFailures[why] };
}

/** As Stripe's idempotency_error. */
function assertSame(refund: Refund, request: RefundRequest): void {
  const { charge: reference, amount, currency } = refund;
  for (const [name, was] of Object.entries({ reference, amount, currency }))
    if (was !== request[name as keyof RefundRequest])
      throw new Error(
        `The key ${request.key} was another refund's: ${name} was different. A new refund needs a new key.`,
      );
}
