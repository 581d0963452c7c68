import { Duration } from "./durations.ts";

export interface SubscriptionTimes {
  /** How long a plan's period is, as an ISO 8601 duration: that of subscriptions which begin from now on. @default "P1M" */
  period: string;
  /**
   * How long somebody whose renewal is not paid goes on watching, as an ISO 8601 duration, from the period's end on; then the
   * subscription expires. @default "P7D"
   */
  grace: string;
  /** When a renewal that failed is tried again, as parts of `grace`, from the period's end on. @default after 1, 3 and 5 days of 7 */
  retries: readonly number[];
}

export const subscriptionTimes: SubscriptionTimes = {
  period: "P1M",
  grace: "P7D",
  retries: [1 / 7, 3 / 7, 5 / 7],
};

/** @throws Error that says what is wrong */
export function readTimes(
  given: Partial<SubscriptionTimes> = {},
): SubscriptionTimes {
  const times = { ...subscriptionTimes, ...given };
  for (const name of ["period", "grace"] as const) {
    const { error } = Duration.safeParse(times[name]);
    if (error)
      throw new Error(
        `${name} is "${times[name]}": ${error.issues[0]?.message}.`,
      );
  }
  const wrong = times.retries.find((part) => !(part > 0 && part < 1));
  if (wrong !== undefined)
    throw new Error(
      `retries has ${wrong}: expected parts of the grace period, more than 0 and less than 1.`,
    );
  return times;
}
