import type { Api } from "@marquee/service-kit";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import type { Entitlement } from "../subscriptions/entitlements.ts";

/** Seconds that an answer may be kept: so much later than a payment somebody may watch, and no caller asks more often. */
const fresh = 5;

const EntitlementJson = z
  .object({
    user_id: z.uuid(),
    entitled: z.boolean().describe("Whether this user may watch."),
    plan: z.string().optional().describe("With entitled: see GET /plans."),
    status: z
      .enum([
        ...["none", "incomplete", "active", "past_due"],
        ...["canceled", "expired"],
      ] as const)
      .describe("The subscription's, or the last one's."),
    until: z.iso
      .datetime()
      .optional()
      .describe("With entitled: when it ends if nothing is paid until then."),
  })
  .meta({ id: "Entitlement" });

/** GET /entitlements/:user: whether somebody may watch. */
export function entitlementRoutes({ route }: Api, parts: Parts): void {
  const { database, subscriptions, userOrOperator } = parts;
  route(
    {
      method: "get",
      path: "/entitlements/:user",
      summary: "Whether somebody may watch",
      description:
        "Asked by streaming with the viewer's own token. An answer may be kept for as long as Cache-Control says: 5 seconds, and never beyond `until`.",
      tags: ["subscriptions"],
      security: ["bearer", "operator"],
      request: {
        param: z.strictObject({ user: z.uuid().toLowerCase() }),
      },
      responses: {
        200: {
          description: "As it is now.",
          schema: EntitlementJson,
          headers: {
            "Cache-Control": "For how long it may be kept.",
            ETag: "Of this answer, for If-None-Match.",
          },
        },
        304: "As it was.",
        401: "No valid access token.",
        403: "It is somebody else's.",
      },
    },
    userOrOperator,
    etag(),
    async (c) => {
      const { user } = c.req.valid("param");
      const { userId = user } = c.get("user") ?? {};
      if (userId !== user)
        throw new HTTPException(403, {
          message: `This says whether somebody else may watch. Yours is at /entitlements/${userId}.`,
        });
      const found = await subscriptions.entitlementOf(database, user);
      const { seconds = fresh } = found;
      const maxAge = Math.floor(Math.min(seconds, fresh));
      c.header("cache-control", `private, max-age=${maxAge}`);
      c.header("vary", "authorization");
      return c.json(entitlementJson(user, found));
    },
  );
}

const entitlementJson = (
  userId: string,
  { entitled, plan, status, until }: Entitlement,
): z.infer<typeof EntitlementJson> => ({
  ...{ user_id: userId, entitled, status },
  ...(plan !== undefined && { plan }),
  ...(until && { until: until.toISOString() }),
});
