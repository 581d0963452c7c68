import type { Queries } from "@marquee/service-kit";
import { uuidv7 } from "../uuid.ts";

/**
 * Accounts of the double-entry ledger. Debits are positive and credits negative, so each transaction's entries sum to
 * zero.
 * - `processor:sandbox`, `processor:stripe` (assets): what a processor collected for us and did not refund;
 * - `sales` (income): what customers paid;
 * - `refunds` (contra income): what customers got back.
 */
type Account = `processor:${string}` | "sales" | "refunds";

/**
 * A movement of money. refund_reversal: a refund failed after it succeeded, and the processor holds the money again.
 */
export type Movement = (
  | { kind: "payment" }
  | { kind: "refund" | "refund_reversal"; refundId: string }
) & {
  paymentId: string;
  processor: string;
  /** In the currency's smallest unit, positive. */
  amount: bigint;
  currency: string;
};

/**
 * Posts a movement in the caller's transaction. Entries are immutable. The database rejects transactions that don't sum
 * to zero, and a second one of the same kind for a payment or refund.
 */
export async function postMovement(
  tx: Queries,
  movement: Movement,
): Promise<void> {
  const { kind, paymentId, processor, amount, currency } = movement;
  const held: Account = `processor:${processor}`;
  const [debit, credit] = {
    payment: [held, "sales"],
    refund: ["refunds", held],
    refund_reversal: [held, "refunds"],
  }[kind];
  await tx.query(
    `WITH transaction AS (
       INSERT INTO ledger_transactions (id, kind, payment_id, refund_id) VALUES ($1, $2, $3, $4) RETURNING id
     )
     INSERT INTO ledger_entries (transaction_id, account, currency, amount)
     SELECT id, account, $7, amount FROM transaction, (VALUES ($5, $8::bigint), ($6, -$8::bigint)) AS entries (account, amount)`,
    [
      uuidv7(),
      kind,
      paymentId,
      "refundId" in movement ? movement.refundId : null,
      debit,
      credit,
      currency,
      amount,
    ],
  );
}

export interface Balance {
  account: Account;
  currency: string;
  balance: bigint;
}

/** The balances, by account and currency. */
export const balances = (queries: Queries): Promise<Balance[]> =>
  queries.query<Balance>(
    "SELECT account, currency, balance::bigint FROM ledger_balances ORDER BY account, currency",
  );
