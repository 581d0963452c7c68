import { InvalidStateError, type PaymentStatus } from "../payments/payment.ts";
import { isFinal } from "../payments/settle.ts";

/**
 * - incomplete: the first payment is in progress;
 * - active: paid, or about to be renewed;
 * - past_due: a renewal failed or waits for the customer, within the grace period;
 * - canceled: the user ended it;
 * - expired: it was not paid.
 */
export type SubscriptionStatus =
  | "incomplete"
  | "active"
  | "past_due"
  | "canceled"
  | "expired";

export interface Subscription {
  id: string;
  userId: string;
  plan: string;
  /** The agreed price per period, in the currency's smallest unit. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  /** ISO 8601 duration. */
  period: string;
  status: SubscriptionStatus;
  /** The processor that issued the card's token. */
  processor: string;
  token: string;
  brand: string;
  last4: string;
  returnUrl: string | null;
  /** Number of paid periods. The next fields describe the last one. */
  number: number;
  periodStart: Date | null;
  periodEnd: Date | null;
  /** Whether that period has ended, by the database's clock. */
  periodOver: boolean;
  cancelAtPeriodEnd: boolean;
  createdAt: Date;
  endedAt: Date | null;
  /** The latest payment, and the number of the period it pays. */
  paymentId: string | null;
  paymentNumber: number | null;
  paymentStatus: PaymentStatus | null;
  /** With a payment that requires_action. */
  nextActionUrl: string | null;
}

/** Whether it has not ended. */
export const isLive = ({ endedAt }: Subscription): boolean => endedAt === null;

/** The status of the payment for the next period, if it is in progress. */
export function pendingPaymentStatus(
  subscription: Subscription,
): "processing" | "requires_action" | undefined {
  const { paymentStatus: status, paymentNumber, number } = subscription;
  if (status === null || (paymentNumber ?? 0) <= number) return undefined;
  if (isFinal({ status }) || status === "requires_confirmation")
    return undefined;
  return status as "processing" | "requires_action";
}

/** Why a user with this subscription can't subscribe again, and what to do. */
export function alreadySubscribedError(
  subscription: Subscription,
): InvalidStateError {
  const { id, plan, status, nextActionUrl } = subscription;
  const cancel = `POST /subscriptions/${id}/cancel`;
  if (status === "active")
    return new InvalidStateError(
      `You have a subscription to ${plan}. To change plans, cancel it first: ${cancel}.`,
    );
  if (status === "past_due")
    return new InvalidStateError(
      `Your subscription to ${plan} is past due. Change the card with POST /subscriptions/${id}/method, or cancel it: ${cancel}.`,
    );
  return new InvalidStateError(
    nextActionUrl === null
      ? `The first payment of your subscription to ${plan} is being processed. Get its status from GET /subscriptions/${id}, or cancel it: ${cancel}.`
      : `Your subscription to ${plan} waits for you to confirm its first payment at ${nextActionUrl}. Go there, or cancel it: ${cancel}.`,
  );
}
