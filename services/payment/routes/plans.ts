import type { Api } from "@marquee/service-kit";
import { etag } from "hono/etag";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import { type Plan, planIds, plans } from "../subscriptions/plans.ts";

const PlanJson = z
  .object({
    id: z.enum(planIds),
    name: z.string(),
    amount: z
      .int()
      .describe("Of each period, in the currency's smallest unit."),
    currency: z.string().describe("ISO 4217."),
    interval: z.string().describe("A period's length: ISO 8601."),
    includes: z.object({
      resolution: z
        .string()
        .describe(
          "The largest picture that the plan covers; titles may have smaller ones.",
        ),
      screens: z
        .int()
        .describe(
          "How many screens the plan covers at the same time; not enforced yet.",
        ),
    }),
  })
  .meta({ id: "Plan" });

const planJson = (
  { id, name, amount, currency, resolution, screens }: Plan,
  interval: string,
) => ({
  ...{ id, name, amount: Number(amount), currency, interval },
  includes: { resolution, screens },
});

/** GET /plans: what somebody can subscribe to. */
export function planRoutes({ route }: Api, parts: Parts): void {
  const { period } = parts.subscriptions.times;
  const data = plans.map((plan) => planJson(plan, period));
  route(
    {
      method: "get",
      path: "/plans",
      summary: "What somebody can subscribe to",
      tags: ["subscriptions"],
      responses: {
        200: {
          description: "All plans, the smallest first.",
          schema: z.object({ data: z.array(PlanJson) }),
          headers: { ETag: "Of this answer, for If-None-Match." },
        },
        304: "As it was.",
      },
    },
    etag(),
    (c) => {
      c.header("cache-control", "public, max-age=300");
      return c.json({ data });
    },
  );
}
