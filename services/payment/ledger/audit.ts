import type { Database } from "@marquee/service-kit";
import { type Balance, balances } from "./ledger.ts";

/** A payment whose own row and ledger entries differ. Amounts are in the currency's smallest unit. */
interface Disagreement {
  paymentId: string;
  currency: string;
  /** The amount held according to the payment's row: paid and not refunded. */
  payment: bigint;
  /** The amount refunded according to its refunds. */
  refunds: bigint;
  /** The amount held according to the ledger. */
  ledger: bigint;
}

export interface Audit {
  /** Every transaction sums to zero in each currency, and no payment disagrees with the ledger. */
  balanced: boolean;
  /** Number of transactions in the ledger. */
  transactions: bigint;
  /** Transactions whose entries don't sum to zero; at most 100. */
  unevenTransactions: string[];
  balances: Balance[];
  /** At most 100. */
  disagreements: Disagreement[];
}

/** The audit reads the whole ledger. */
const statementTimeoutMs = 60_000;

/** Compares the payments' and refunds' rows with their entries. */
const disagreementsQuery = `
  WITH refunded AS (
    SELECT payment_id, sum(amount) FILTER (WHERE status = 'succeeded') AS done, sum(amount) FILTER (WHERE status = 'pending') AS pending
    FROM refunds GROUP BY payment_id
  ), booked AS (
    SELECT t.payment_id, e.currency,
      sum(e.amount) FILTER (WHERE e.account LIKE 'processor:%') AS held,
      -sum(e.amount) FILTER (WHERE e.account IN ('sales', 'refunds')) AS earned
    FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id GROUP BY t.payment_id, e.currency
  ), compared AS (
    SELECT p.id, p.currency, p.refunded, p.refunding,
      CASE WHEN p.status = 'succeeded' THEN p.amount - p.refunded ELSE 0 END AS payment,
      coalesce(r.done, 0) AS done, coalesce(r.pending, 0) AS pending,
      coalesce(b.held, 0) AS held, coalesce(b.earned, 0) AS earned, coalesce(b.currency, p.currency) AS booked_currency
    FROM payments p LEFT JOIN refunded r ON r.payment_id = p.id LEFT JOIN booked b ON b.payment_id = p.id
  )
  SELECT id AS "paymentId", currency, payment::bigint, done::bigint AS refunds, held::bigint AS ledger FROM compared
  WHERE payment <> held OR held <> earned OR refunded <> done OR refunding <> pending OR currency <> booked_currency
  ORDER BY id LIMIT 100`;

/**
 * Verifies the ledger in one snapshot: every transaction sums to zero, and every payment and refund agrees with its
 * entries.
 * @throws DatabaseUnavailableError, also if it takes longer than a minute
 */
export const audit = (database: Database): Promise<Audit> =>
  database.transaction(
    async (tx) => {
      await tx.query(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
      );
      const [{ transactions } = { transactions: 0n }] = await tx.query<{
        transactions: bigint;
      }>("SELECT count(*) AS transactions FROM ledger_transactions");
      const unbalanced = await tx.query<{ id: string }>(
        `SELECT t.id FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
         GROUP BY t.id, e.currency HAVING coalesce(sum(e.amount), 1) <> 0 ORDER BY t.id LIMIT 100`,
      );
      const disagreements = await tx.query<Disagreement>(disagreementsQuery);
      return {
        balanced: unbalanced.length + disagreements.length === 0,
        transactions,
        unevenTransactions: unbalanced.map(({ id }) => id),
        balances: await balances(tx),
        disagreements,
      };
    },
    { statementTimeoutMs },
  );
