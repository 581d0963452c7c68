import type { Queries } from "@marquee/service-kit";

/** What the sandbox has moved in one currency, in its smallest unit. */
export interface Book {
  currency: string;
  /** All that was charged, and not declined or canceled. */
  charged: bigint;
  /** What of it was given back. */
  refunded: bigint;
}

/** What was moved by now, by currency in alphabetical order: what the caller's own books have to agree with. */
export async function readBooks(queries: Queries): Promise<Book[]> {
  const rows = await queries.query<Record<keyof Book, string>>(
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
