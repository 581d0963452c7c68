/** What somebody can subscribe to. Who subscribes keeps amount and currency as they were then. */
export interface Plan {
  /** Stays what it is: subscriptions refer to it, also to plans that are sold no more. */
  id: string;
  name: string;
  /** For each period, in the currency's smallest unit. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  /** The largest picture that the plan covers. Whether there are titles with one is up to streaming. */
  resolution: "720p" | "1080p" | "2160p";
  /** How many screens the plan covers at the same time. Nothing counts them yet, so pages don't show it. */
  screens: number;
}

/** In the order in which people see them. */
export const plans = [
  {
    id: "basic",
    name: "Basic",
    amount: 799n,
    currency: "USD",
    resolution: "720p",
    screens: 1,
  },
  {
    id: "standard",
    name: "Standard",
    amount: 1299n,
    currency: "USD",
    resolution: "1080p",
    screens: 2,
  },
  {
    id: "premium",
    name: "Premium",
    amount: 1799n,
    currency: "USD",
    resolution: "2160p",
    screens: 4,
  },
] as const satisfies readonly Plan[];

export type PlanId = (typeof plans)[number]["id"];

export const planIds = plans.map(({ id }) => id) as [PlanId, ...PlanId[]];

export const planOf = (id: PlanId): Plan =>
  plans.find((plan) => plan.id === id) as Plan; // PlanId
