import * as z from "zod";

/** Whether a user may watch, per payment. */
export interface Entitlement {
  entitled: boolean;
  /** Status of the current or last subscription: none, incomplete, active, past_due, canceled, expired. */
  status: string;
  /** Set if entitled. */
  plan?: string;
  /** Set if entitled: the end of the paid period. */
  until?: Date;
}

/** Payment's response to GET /entitlements/{user}. */
export const EntitlementJson = z
  .object({
    entitled: z.boolean(),
    status: z.string(),
    plan: z.string().optional(),
    until: z.iso.datetime().optional(),
  })
  .transform(
    ({ entitled, status, plan, until }): Entitlement => ({
      entitled,
      status,
      ...(plan !== undefined && { plan }),
      ...(until !== undefined && { until: new Date(until) }),
    }),
  );
