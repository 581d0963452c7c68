import type { Queries } from "@marquee/service-kit";
import type { SubscriptionStatus } from "./subscription.ts";

/** Whether a user has access, and to which plan. */
export interface Entitlement {
  entitled: boolean;
  /** Status of the current subscription, or else of the last one; none: the user never subscribed. */
  status: SubscriptionStatus | "none";
  /** With entitled. */
  plan?: string;
  /** With entitled: when access ends unless the next period is paid. */
  until?: Date;
  /** With entitled: seconds until then, by the database's clock. */
  seconds?: number;
}

/**
 * A paid period gives access until its end, and until the end of the grace period if it is to be renewed: users keep
 * access while this service or the bank is unavailable at renewal.
 * @param gracePeriod ISO 8601 duration
 */
export async function findEntitlement(
  queries: Queries,
  userId: string,
  gracePeriod: string,
): Promise<Entitlement> {
  const [found] = await queries.query<{
    status: SubscriptionStatus;
    plan: string;
    until: Date | null;
    seconds: number;
  }>(
    `SELECT status, plan, until, extract(epoch FROM until - now())::float8 AS seconds FROM (
       SELECT status, plan, CASE WHEN status IN ('active', 'past_due') THEN
         CASE WHEN cancel_at_period_end THEN period_end ELSE utc_after(period_end, $2::interval) END
       END AS until
       FROM subscriptions WHERE user_id = $1 ORDER BY ended_at DESC NULLS FIRST LIMIT 1
     ) latest`,
    [userId, gracePeriod],
  );
  if (!found) return { entitled: false, status: "none" };
  const { status, plan, until, seconds } = found;
  return until !== null && seconds > 0
    ? { entitled: true, status, plan, until, seconds }
    : { entitled: false, status };
}
