/**
 * Where a payment is on its way. The last three are final.
 * - requires_confirmation: agreed on, and nothing was asked of the processor;
 * - processing: the processor is asked, or works at it;
 * - requires_action: who pays has to go to `nextActionUrl`, as for 3-D Secure.
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
  /** What for: a subscription's period, or anything else. */
  purpose: "purchase" | "subscription";
  /** In the currency's smallest unit. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  status: PaymentStatus;
  /** Who moves the money. */
  processor: string;
  /** What the processor knows the card by; never shown. */
  token: string;
  brand: string;
  last4: string;
  returnUrl: string | null;
  /** The processor's name for the charge, once it has one. */
  reference: string | null;
  /** With requires_action. */
  nextActionUrl: string | null;
  /** With declined, as the processor gives it: card_declined, insufficient_funds … */
  declineCode: string | null;
  /** With declined: a sentence for who pays. */
  declineMessage: string | null;
  /** What was given back. */
  refunded: bigint;
  /** What is being given back. */
  refunding: bigint;
  createdAt: Date;
  updatedAt: Date;
}

/** Of `payments p`, as Payment has them. */
export const paymentColumns = `p.id, p.user_id AS "userId", p.purpose, p.amount, p.currency, p.status, p.processor, p.token,
  p.brand, p.last4, p.return_url AS "returnUrl", p.reference, p.next_action_url AS "nextActionUrl",
  p.decline_code AS "declineCode", p.decline_message AS "declineMessage", p.refunded, p.refunding,
  p.created_at AS "createdAt", p.updated_at AS "updatedAt"`;

export type RefundStatus = "pending" | "succeeded" | "failed";

/** Money that goes back to who paid. */
export interface Refund {
  id: string;
  paymentId: string;
  amount: bigint;
  reason: string | null;
  status: RefundStatus;
  /** The processor's name for it, once it has one. */
  reference: string | null;
  failureCode: string | null;
  failureMessage: string | null;
  createdAt: Date;
}

/** Of `refunds r`, as Refund has them. */
export const refundColumns = `r.id, r.payment_id AS "paymentId", r.amount, r.reason, r.status, r.reference,
  r.failure_code AS "failureCode", r.failure_message AS "failureMessage", r.created_at AS "createdAt"`;

/** It can't be done with a payment as it is now. To a client: 409. */
export class NotNow extends Error {
  override readonly name = "NotNow";
}

/** More is to be given back than there is. To a client: 422. */
export class RefundTooLarge extends Error {
  override readonly name = "RefundTooLarge";
}
