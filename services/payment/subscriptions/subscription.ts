import type { Queries } from "@marquee/service-kit";
import { NotNow, type PaymentStatus } from "../payments/payment.ts";
import { isFinal } from "../payments/settle.ts";

/**
 * - incomplete: its first payment is under way;
 * - active: paid, or about to be renewed;
 * - past_due: its renewal failed or waits for who pays, within the grace period;
 * - canceled: its owner ended it;
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
  /** Of each period, in the currency's smallest unit, as agreed. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  /** ISO 8601 duration. */
  period: string;
  status: SubscriptionStatus;
  /** Who knows the card that the next period is paid with. */
  processor: string;
  token: string;
  brand: string;
  last4: string;
  returnUrl: string | null;
  /** How many periods were paid; the last one's time is below. */
  number: number;
  periodStart: Date | null;
  periodEnd: Date | null;
  /** Whether that one has ended, by the database's clock. */
  periodOver: boolean;
  cancelAtPeriodEnd: boolean;
  createdAt: Date;
  endedAt: Date | null;
  /** The latest payment, and of which period it is. */
  paymentId: string | null;
  paymentNumber: number | null;
  paymentStatus: PaymentStatus | null;
  /** With a payment that requires_action. */
  nextActionUrl: string | null;
}

const columns = `s.id, s.user_id AS "userId", s.plan, s.amount, s.currency, s.period, s.status, s.processor, s.token,
  s.brand, s.last4, s.return_url AS "returnUrl", s.number, s.period_start AS "periodStart", s.period_end AS "periodEnd",
  coalesce(s.period_end <= now(), false) AS "periodOver", s.cancel_at_period_end AS "cancelAtPeriodEnd",
  s.created_at AS "createdAt", s.ended_at AS "endedAt", l.id AS "paymentId", l.number AS "paymentNumber",
  l.status AS "paymentStatus", l.next_action_url AS "nextActionUrl"`;

const from = `subscriptions s LEFT JOIN LATERAL (
    SELECT p.id, p.status, p.next_action_url, sp.number FROM subscription_periods sp JOIN payments p ON p.id = sp.payment_id
    WHERE sp.subscription_id = s.id ORDER BY sp.number DESC, sp.try DESC LIMIT 1
  ) l ON true`;

/** A subscription, or undefined if there is none. */
export async function findSubscription(
  queries: Queries,
  id: string,
): Promise<Subscription | undefined> {
  const [found] = await queries.query<Subscription>(
    `SELECT ${columns} FROM ${from} WHERE s.id = $1`,
    [id],
  );
  return found;
}

/** As findSubscription, and nobody else changes it until the transaction ends. */
export async function lockSubscription(
  tx: Queries,
  id: string,
): Promise<Subscription | undefined> {
  // Read after the lock is there: a statement that waited for it sees the payments as they were before.
  await tx.query("SELECT FROM subscriptions WHERE id = $1 FOR NO KEY UPDATE", [
    id,
  ]);
  return findSubscription(tx, id);
}

/** Nobody else begins a subscription of this user, or has one come back, until the transaction ends. */
export async function lockUser(tx: Queries, userId: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    `subscription of ${userId}`,
  ]);
}

/** The subscription that somebody has, if there is one that is not over. */
export async function liveSubscriptionOf(
  queries: Queries,
  userId: string,
): Promise<Subscription | undefined> {
  const [found] = await queries.query<Subscription>(
    `SELECT ${columns} FROM ${from} WHERE s.user_id = $1 AND s.status IN ('incomplete', 'active', 'past_due')`,
    [userId],
  );
  return found;
}

/**
 * A user's subscriptions, the newest first.
 * @param before the id of the one before the first; @default from the newest on
 */
export const subscriptionsOf = (
  queries: Queries,
  userId: string,
  limit: number,
  before?: string,
): Promise<Subscription[]> =>
  queries.query<Subscription>(
    `SELECT ${columns} FROM ${from} WHERE s.user_id = $1 AND ($3::uuid IS NULL OR s.id < $3)
     ORDER BY s.id DESC LIMIT $2`,
    [userId, limit, before ?? null],
  );

/** Whether it is not over. */
export const isLive = ({ endedAt }: Subscription): boolean => endedAt === null;

/** The status of the payment for the next period, if one is under way. */
export function underWay(
  subscription: Subscription,
): "processing" | "requires_action" | undefined {
  const { paymentStatus: status, paymentNumber, number } = subscription;
  if (status === null || (paymentNumber ?? 0) <= number) return undefined;
  if (isFinal({ status }) || status === "requires_confirmation")
    return undefined;
  return status as "processing" | "requires_action";
}

/** Why nobody can subscribe who has this one, and what to do. */
export function alreadyThere(subscription: Subscription): NotNow {
  const { id, plan, status, nextActionUrl } = subscription;
  const cancel = `POST /subscriptions/${id}/cancel`;
  if (status === "active")
    return new NotNow(
      `You have a subscription to ${plan}. To have another one, cancel it first: ${cancel}.`,
    );
  if (status === "past_due")
    return new NotNow(
      `Your subscription to ${plan} is past due. Give it another card with POST /subscriptions/${id}/method, or cancel it: ${cancel}.`,
    );
  return new NotNow(
    nextActionUrl === null
      ? `The first payment of your subscription to ${plan} is being processed. Ask GET /subscriptions/${id} what became of it, or cancel it: ${cancel}.`
      : `Your subscription to ${plan} waits for you to confirm its first payment at ${nextActionUrl}. Go there, or cancel it: ${cancel}.`,
  );
}
