/**
 * Status of a payment. The last three are final.
 * - requires_confirmation: created, and nothing was sent to the processor;
 * - processing: the request is on its way, or the processor is processing it;
 * - requires_action: the customer has to visit `nextActionUrl`, for example for 3-D Secure.
 */
export type PaymentStatus =
  | "requires_confirmation"
  | "processing"
  | "requires_action"
  | "succeeded"
  | "declined"
  | "canceled";

export interface Payment {
  id: string;
  userId: string;
  /** Whether it pays a subscription's period or anything else. */
  purpose: "purchase" | "subscription";
  /** In the currency's smallest unit. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  status: PaymentStatus;
  /** The processor that charges the card. */
  processor: string;
  /** The processor's token for the card. Never exposed. */
  token: string;
  brand: string;
  last4: string;
  returnUrl: string | null;
  /** The processor's id of the charge, once known. */
  reference: string | null;
  /** With requires_action. */
  nextActionUrl: string | null;
  /** With declined, the processor's code: card_declined, insufficient_funds … */
  declineCode: string | null;
  /** With declined: a sentence for the customer. */
  declineMessage: string | null;
  /** The amount refunded. */
  refunded: bigint;
  /** The amount of pending refunds. */
  refunding: bigint;
  createdAt: Date;
  updatedAt: Date;
}

/** Columns of `payments p`, named after Payment's properties. */
export const paymentColumns = `p.id, p.user_id AS "userId", p.purpose, p.amount, p.currency, p.status, p.processor, p.token,
  p.brand, p.last4, p.return_url AS "returnUrl", p.reference, p.next_action_url AS "nextActionUrl",
  p.decline_code AS "declineCode", p.decline_message AS "declineMessage", p.refunded, p.refunding,
  p.created_at AS "createdAt", p.updated_at AS "updatedAt"`;

type RefundStatus = "pending" | "succeeded" | "failed";

export interface Refund {
  id: string;
  paymentId: string;
  amount: bigint;
  reason: string | null;
  status: RefundStatus;
  /** The processor's id of the refund, once known. */
  reference: string | null;
  failureCode: string | null;
  failureMessage: string | null;
  createdAt: Date;
}

/** Columns of `refunds r`, named after Refund's properties. */
export const refundColumns = `r.id, r.payment_id AS "paymentId", r.amount, r.reason, r.status, r.reference,
  r.failure_code AS "failureCode", r.failure_message AS "failureMessage", r.created_at AS "createdAt"`;

/** The operation conflicts with the current state of the payment or subscription. To a client: 409. */
export class InvalidStateError extends Error {
  override readonly name = "InvalidStateError";
}

/** The refund exceeds what is left of the payment. To a client: 422. */
export class RefundTooLargeError extends Error {
  override readonly name = "RefundTooLargeError";
}
