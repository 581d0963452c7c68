/** A plan. Existing subscriptions keep the amount and currency at which they started. */
export interface Plan {
  /** Never changes: subscriptions refer to it, even after the plan is discontinued. */
  id: string;
  name: string;
  /** The price per period, in the currency's smallest unit. */
  amount: bigint;
  /** ISO 4217. */
  currency: string;
  /** Maximum resolution. Which titles have it is up to streaming. */
  resolution: "720p" | "1080p" | "2160p";
  /** Number of concurrent screens. Not enforced yet, so pages don't show it. */
  screens: number;
}

/** In display order. */
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
