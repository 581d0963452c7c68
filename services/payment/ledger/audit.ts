import type { Database } from "@marquee/service-kit";
import { type Balance, balances } from "./ledger.ts";

/** A payment or a refund that the book tells otherwise. Amounts are in the currency's smallest unit. */
export interface Disagreement {
  paymentId: string;
  currency: string;
  /** What the payment's own row says that we have of it: paid and not given back. */
  payment: bigint;
  /** What its succeeded refunds say that was given back. */
  refunds: bigint;
  /** What the book says that we have of it. */
  ledger: bigint;
}

export interface Audit {
  /** Every transaction sums to zero in each currency, and no payment disagrees. */
  balanced: boolean;
  /** How many transactions the book has. */
  transactions: bigint;
  /** Those whose entries don't sum to zero; the first 100. */
  unevenTransactions: string[];
  balances: Balance[];
  /** The first 100. */
  disagreements: Disagreement[];
}

/** Milliseconds: it reads all of the book. */
const longest = 60_000;

/** What the payments' own rows say, against the entries of each. */
const disagree = `
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
 * Proves the book, or says where it is wrong: that each transaction sums to zero, and that every payment's and refund's own
 * row says the same as the entries do. All of it is read as of one moment.
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
      const uneven = await tx.query<{ id: string }>(
        `SELECT t.id FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
         GROUP BY t.id, e.currency HAVING coalesce(sum(e.amount), 1) <> 0 ORDER BY t.id LIMIT 100`,
      );
      const disagreements = await tx.query<Disagreement>(disagree);
      return {
        balanced: uneven.length + disagreements.length === 0,
        transactions,
        unevenTransactions: uneven.map(({ id }) => id),
        balances: await balances(tx),
        disagreements,
      };
    },
    { statementTimeout: longest },
  );
