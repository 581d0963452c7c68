import type { Api } from "@marquee/service-kit";
import { etag } from "hono/etag";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import {
  type Plan,
  type PlanId,
  planIds,
  plans,
} from "../subscriptions/plans.ts";

const PlanJson = z
  .object({
    id: z.enum(planIds),
    name: z.string(),
    amount: z
      .int()
      .describe("The price per period, in the currency's smallest unit."),
    currency: z.string().describe("ISO 4217."),
    interval: z
      .string()
      .describe("The length of a period, as an ISO 8601 duration."),
    includes: z.object({
      resolution: z
        .string()
        .describe("Maximum resolution; titles may be available in less."),
      screens: z
        .int()
        .describe("Number of concurrent screens; not enforced yet."),
    }),
  })
  .meta({ id: "Plan" });

const planJson = (
  { id, name, amount, currency, resolution, screens }: Plan & { id: PlanId },
  interval: string,
) => ({
  id,
  name,
  amount: Number(amount),
  currency,
  interval,
  includes: { resolution, screens },
});

export function planRoutes({ route }: Api, dependencies: Dependencies): void {
  const { period } = dependencies.subscriptions.settings;
  const data = plans.map((plan) => planJson(plan, period));
  route(
    {
      method: "get",
      path: "/plans",
      summary: "List plans",
      tags: ["subscriptions"],
      responses: {
        200: {
          description: "All plans, cheapest first.",
          schema: z.object({ data: z.array(PlanJson) }),
          headers: { ETag: "For If-None-Match." },
        },
        304: "Not modified.",
      },
    },
    etag(),
    (c) => {
      c.header("cache-control", "public, max-age=300");
      return c.json({ data }, 200);
    },
  );
}
