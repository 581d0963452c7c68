import { randomBytes } from "node:crypto";
import type { Database, Queries } from "@marquee/service-kit";
import type { RefundOutcome, RefundRequest } from "../processor.ts";
import { type BehaviourName, behaviourNamed } from "./behaviours.ts";
import type { Charge } from "./charges.ts";
import { type RefundFailure, refundFailureMessages } from "./failure-codes.ts";
import { simulateOutage } from "./simulate-outage.ts";

/** A refund in the sandbox's tables, with fields of its charge. */
export interface Refund {
  key: string;
  reference: string;
  /** The charge's reference. */
  charge: string;
  amount: bigint;
  currency: string;
  behaviour: BehaviourName;
  status: RefundOutcome["status"];
  /** Why it fails, at once or later. */
  code: RefundFailure | null;
}

/**
 * Refunds a charge in part or in full, once per key. The refunds of a charge never exceed it.
 * @param settleAfterMs how long refunds stay pending
 * @returns the refund's current state
 * @throws ProcessorUnavailableError for cards that simulate an outage; Error if the charge is unknown or in another
 * currency, or the key was used for another request
 */
export async function addRefund(
  database: Database,
  request: RefundRequest,
  settleAfterMs: number,
): Promise<Refund> {
  if (request.amount < 1n)
    throw new Error(
      `A refund's amount has to be at least 1, not ${request.amount}.`,
    );
  let refund = await findRefund(database, request.key);
  if (!refund) {
    await database.transaction((tx) => insert(tx, request, settleAfterMs));
    refund = await findRefund(database, request.key);
  }
  if (!refund)
    throw new Error(`The refund with key ${request.key} has vanished.`);
  assertSameRequest(refund, request);
  const { key, behaviour } = refund;
  await simulateOutage(database, "refund", key, behaviour, true);
  return refund;
}

/** Locks the charge, so that its refunds are created one after the other. */
async function insert(
  tx: Queries,
  request: RefundRequest,
  settleAfterMs: number,
): Promise<void> {
  const charge = await lockCharge(tx, request);
  const { status, code } = await decideOutcome(tx, request, charge);
  // A concurrent call with the same key may have been first.
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
      settleAfterMs / 1000,
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
      `The charge ${reference} was in ${charge.currency}: it can't be refunded in ${currency}.`,
    );
  return charge;
}

/** Failed refunds are stored, too: their key always returns the same outcome. */
async function decideOutcome(
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
  return { status, code: why, message: refundFailureMessages[why] };
}

/** Like Stripe's idempotency_error. */
function assertSameRequest(refund: Refund, request: RefundRequest): void {
  const { charge: reference, amount, currency } = refund;
  for (const [name, was] of Object.entries({ reference, amount, currency }))
    if (was !== request[name as keyof RefundRequest])
      throw new Error(
        `The key ${request.key} was used for another refund: ${name} differs. A new refund needs a new key.`,
      );
}
