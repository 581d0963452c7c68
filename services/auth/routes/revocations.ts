import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import { listRevocations } from "../sessions/revocations.ts";

const Revocations = z
  .strictObject({
    cursor: z.string().describe("Pass this as `after` in the next request."),
    sessions: z.array(
      z.strictObject({
        id: z.uuid().describe("The `sid` of the session's access tokens."),
        expires_in: z
          .int()
          .describe("Seconds until all its access tokens have expired."),
        account_deleted: z
          .boolean()
          .describe(
            "Whether the session ended because its account was deleted.",
          ),
      }),
    ),
  })
  .meta({ id: "Revocations" });

/** GET /revocations, for services that verify access tokens by the JWKS. */
export function revocationRoutes(
  { route }: Api,
  { database }: Dependencies,
): void {
  route(
    {
      method: "get",
      path: "/revocations",
      summary: "List sessions whose access tokens must be rejected",
      description:
        "For services that verify access tokens by the JWKS alone. Lists the sessions that have ended before their access tokens expire. Poll it every few seconds with the cursor of the last response. A session may be listed more than once. If more than 50,000 sessions are revoked, the oldest are omitted.",
      tags: ["sessions"],
      request: {
        query: z.strictObject({
          after: z
            .string()
            .regex(/^[1-9]\d{0,18}$/) // PostgreSQL reads a leading 0 as octal
            .optional()
            .describe(
              "The cursor of an earlier response. Without one, all sessions are listed.",
            ),
        }),
      },
      responses: {
        200: {
          description: "The sessions revoked since the cursor.",
          schema: Revocations,
        },
      },
    },
    async (c) => {
      const { after } = c.req.valid("query");
      const revocations = await listRevocations(database, after);
      c.set("logLevel", "debug"); // each pod polls every few seconds
      return c.json(revocations, 200);
    },
  );
}
