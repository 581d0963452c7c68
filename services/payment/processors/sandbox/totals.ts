import type { Queries } from "@marquee/service-kit";

/** Totals of one currency, in its smallest unit. */
export interface CurrencyTotals {
  currency: string;
  /** The sum of successful charges. */
  charged: bigint;
  /** The sum of successful refunds. */
  refunded: bigint;
}

/** Totals by currency in alphabetical order. The caller's ledger has to agree with them. */
export async function readTotals(queries: Queries): Promise<CurrencyTotals[]> {
  const rows = await queries.query<Record<keyof CurrencyTotals, string>>(
    `WITH refunded AS (
       SELECT charge, sum(amount) AS amount FROM sandbox_refunds_now WHERE status = 'succeeded' GROUP BY charge
     )
     SELECT c.currency, sum(c.amount) AS charged, coalesce(sum(r.amount), 0) AS refunded
     FROM sandbox_charges_now c LEFT JOIN refunded r ON r.charge = c.reference
     WHERE c.status = 'succeeded' GROUP BY c.currency ORDER BY c.currency`,
  );
  return rows.map(({ currency, charged, refunded }) => ({
    currency,
    charged: BigInt(charged),
    refunded: BigInt(refunded),
  }));
}
