import type { Queries } from "@marquee/service-kit";
import { uuidv7 } from "../uuidv7.ts";

/**
 * The accounts of the book. A debit is positive and a credit negative, so that each transaction's entries sum to zero.
 * - `processor:sandbox`, `processor:stripe` (asset): what a processor took for us and did not give back;
 * - `sales` (income, so a credit): what people paid;
 * - `refunds` (a debit against that income): what people got back.
 */
export type Account = `processor:${string}` | "sales" | "refunds";

/** Money that changed hands: refund_reversal of a refund that did not arrive, and is with the processor again. */
export type Movement = (
  | { kind: "payment" }
  | { kind: "refund" | "refund_reversal"; refundId: string }
) & {
  paymentId: string;
  processor: string;
  /** In the currency's smallest unit, more than zero. */
  amount: bigint;
  currency: string;
};

/**
 * Writes a movement into the book, in the caller's transaction. Entries are never changed, and the database refuses to commit
 * those that don't sum to zero, and a second one of the same kind and payment or refund.
 */
export async function post(tx: Queries, movement: Movement): Promise<void> {
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

/** What every account has, by account and currency. */
export const balances = (queries: Queries): Promise<Balance[]> =>
  queries.query<Balance>(
    "SELECT account, currency, balance::bigint FROM ledger_balances ORDER BY account, currency",
  );
