import type { Api } from "@marquee/service-kit";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import type { Entitlement } from "../subscriptions/entitlements.ts";

/** How long responses may be cached: the delay until a payment takes effect, and the limit on how often callers ask. */
const maxAgeSeconds = 5;

const EntitlementJson = z
  .object({
    user_id: z.uuid(),
    entitled: z.boolean().describe("Whether the user has access."),
    plan: z.string().optional().describe("With entitled: see GET /plans."),
    status: z
      .enum(["none", "incomplete", "active", "past_due", "canceled", "expired"])
      .describe("Status of the current subscription, or else the last one."),
    until: z.iso
      .datetime()
      .optional()
      .describe(
        "With entitled: when access ends unless the next period is paid.",
      ),
  })
  .meta({ id: "Entitlement" });

export function entitlementRoutes(
  { route }: Api,
  dependencies: Dependencies,
): void {
  const { database, subscriptions, userOrOperator } = dependencies;
  route(
    {
      method: "get",
      path: "/entitlements/:user",
      summary: "Whether a user has access",
      description:
        "Streaming calls this with the viewer's own token. Responses can be cached as Cache-Control says: for 5 seconds, and never beyond `until`.",
      tags: ["subscriptions"],
      security: ["bearer", "operator"],
      request: {
        param: z.strictObject({ user: z.uuid().toLowerCase() }),
      },
      responses: {
        200: {
          description: "The current entitlement.",
          schema: EntitlementJson,
          headers: {
            "Cache-Control": "How long the response may be cached.",
            ETag: "For If-None-Match.",
          },
        },
        304: "Not modified.",
        401: "No valid access token.",
        403: "The token belongs to another user.",
      },
    },
    userOrOperator,
    etag(),
    async (c) => {
      const { user } = c.req.valid("param");
      const { userId = user } = c.get("user") ?? {};
      if (userId !== user)
        throw new HTTPException(403, {
          message: `This entitlement belongs to another user. Yours is at /entitlements/${userId}.`,
        });
      const entitlement = await subscriptions.findEntitlement(database, user);
      const { seconds = maxAgeSeconds } = entitlement;
      const maxAge = Math.floor(Math.min(seconds, maxAgeSeconds));
      c.header("cache-control", `private, max-age=${maxAge}`);
      c.header("vary", "authorization");
      return c.json(entitlementJson(user, entitlement), 200);
    },
  );
}

const entitlementJson = (
  userId: string,
  { entitled, plan, status, until }: Entitlement,
): z.infer<typeof EntitlementJson> => ({
  user_id: userId,
  entitled,
  status,
  ...(plan !== undefined && { plan }),
  ...(until && { until: until.toISOString() }),
});
