import type { Queries } from "@marquee/service-kit";
import type { MethodSummary } from "../processors/processor.ts";
import {
  type Payment,
  paymentColumns,
  type Refund,
  refundColumns,
} from "./payment.ts";

export interface NewPayment {
  /** A UUID. Inserting it twice fails, so callers can use a derived id to prevent double payments. */
  id: string;
  userId: string;
  purpose: Payment["purpose"];
  /** In the currency's smallest unit. */
  amount: bigint;
  currency: string;
  method: MethodSummary;
  /** URL that the customer returns to after an action such as 3-D Secure. */
  returnUrl?: string | undefined;
}

export async function addPayment(
  tx: Queries,
  processor: string,
  status: "requires_confirmation" | "processing",
  payment: NewPayment,
): Promise<Payment> {
  const { id, userId, purpose, amount, currency, method, returnUrl } = payment;
  const [added] = await tx.query<Payment>(
    `INSERT INTO payments AS p (id, user_id, purpose, amount, currency, status, processor, token, brand, last4, return_url)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING ${paymentColumns}`,
    [
      id,
      userId,
      purpose,
      amount,
      currency,
      status,
      processor,
      method.token,
      method.brand,
      method.last4,
      returnUrl ?? null,
    ],
  );
  return added as Payment; // RETURNING
}

export async function findPayment(
  queries: Queries,
  id: string,
): Promise<Payment | undefined> {
  const [payment] = await queries.query<Payment>(
    `SELECT ${paymentColumns} FROM payments p WHERE p.id = $1`,
    [id],
  );
  return payment;
}

/** Like findPayment, and locks the payment until the transaction ends. */
export async function lockPayment(
  tx: Queries,
  id: string,
): Promise<Payment | undefined> {
  const [payment] = await tx.query<Payment>(
    `SELECT ${paymentColumns} FROM payments p WHERE p.id = $1 FOR NO KEY UPDATE`,
    [id],
  );
  return payment;
}

/**
 * Lists a user's payments, newest first.
 * @param before only payments older than the one with this id
 */
export const paymentsOf = (
  queries: Queries,
  userId: string,
  limit: number,
  before?: string,
): Promise<Payment[]> =>
  queries.query<Payment>(
    `SELECT ${paymentColumns} FROM payments p WHERE p.user_id = $1 AND ($3::uuid IS NULL OR p.id < $3)
     ORDER BY p.id DESC LIMIT $2`,
    [userId, limit, before ?? null],
  );

/** Lists a payment's refunds, oldest first. */
export const refundsOf = (
  queries: Queries,
  paymentId: string,
): Promise<Refund[]> =>
  queries.query<Refund>(
    `SELECT ${refundColumns} FROM refunds r WHERE r.payment_id = $1 ORDER BY r.id`,
    [paymentId],
  );

export async function findRefund(
  queries: Queries,
  id: string,
): Promise<Refund | undefined> {
  const [refund] = await queries.query<Refund>(
    `SELECT ${refundColumns} FROM refunds r WHERE r.id = $1`,
    [id],
  );
  return refund;
}
