import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type

/** Whether somebody may watch, and what. */
export interface Entitlement {
  entitled: boolean;
  /** The subscription's, or the last one's: none, incomplete, active, past_due, canceled, expired. */
  status: string;
  /** With entitled. */
  plan?: string;
  /** With entitled: when it ends if nothing is paid until then. */
  until?: Date;
}

/** Payment's answer to GET /entitlements/{user}. */
export const EntitlementJson = z
  .object({
    entitled: z.boolean(),
    status: z.string(),
    plan: z.string().optional(),
    until: z.iso.datetime().optional(),
  })
  .transform(
    ({ entitled, status, plan, until }): Entitlement => ({
      ...{ entitled, status },
      ...(plan !== undefined && { plan }),
      ...(until !== undefined && { until: new Date(until) }),
    }),
  );
