import type { Queries } from "@marquee/service-kit";
import type { SubscriptionStatus } from "./subscription.ts";

/** Whether somebody may watch, and what. */
export interface Entitlement {
  entitled: boolean;
  /** Of the subscription that there is, or of the last one; none: there never was one. */
  status: SubscriptionStatus | "none";
  /** With entitled. */
  plan?: string;
  /** With entitled: when it ends if nothing is paid until then. */
  until?: Date;
  /** With entitled: how many seconds that is from now, by the database's clock. */
  seconds?: number;
}

/**
 * A period that was paid counts until its end, and, where it is to be renewed, for the grace period after that: so nobody is cut
 * off because this service or the bank was away when the renewal was due.
 * @param grace ISO 8601 duration
 */
export async function entitlementOf(
  queries: Queries,
  userId: string,
  grace: string,
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
    [userId, grace],
  );
  if (!found) return { entitled: false, status: "none" };
  const { status, plan, until, seconds } = found;
  return until !== null && seconds > 0
    ? { entitled: true, status, plan, until, seconds }
    : { entitled: false, status };
}
