import { Duration } from "./durations.ts";

export interface BillingSettings {
  /** Length of the billing period of new subscriptions, as an ISO 8601 duration. @default "P1M" */
  period: string;
  /**
   * How long users keep access after the end of a period whose renewal is unpaid, as an ISO 8601 duration. After that
   * the subscription expires. @default "P7D"
   */
  gracePeriod: string;
  /** When to retry a failed renewal, as fractions of the grace period. @default after 1, 3 and 5 days of 7 */
  retryFractions: readonly number[];
}

export const defaultBillingSettings: BillingSettings = {
  period: "P1M",
  gracePeriod: "P7D",
  retryFractions: [1 / 7, 3 / 7, 5 / 7],
};

/** @throws Error that names the invalid setting */
export function parseBillingSettings(
  given: Partial<BillingSettings> = {},
): BillingSettings {
  const settings = { ...defaultBillingSettings, ...given };
  for (const name of ["period", "gracePeriod"] as const) {
    const { error } = Duration.safeParse(settings[name]);
    if (error)
      throw new Error(
        `${name} is "${settings[name]}": ${error.issues[0]?.message}.`,
      );
  }
  const invalid = settings.retryFractions.find((f) => !(f > 0 && f < 1));
  if (invalid !== undefined)
    throw new Error(
      `retryFractions contains ${invalid}: expected fractions of the grace period, more than 0 and less than 1.`,
    );
  return settings;
}
