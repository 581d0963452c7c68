import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import { listRevocations } from "../sessions/revocations.ts";

const Revocations = z
  .strictObject({
    cursor: z.string().describe("For `after` in the next request."),
    sessions: z.array(
      z.strictObject({
        id: z.uuid().describe("`sid` in access tokens."),
        expires_in: z
          .int()
          .describe("Seconds after which none of its access tokens is valid."),
        account_deleted: z
          .boolean()
          .describe("Whether it ended because its account was deleted."),
      }),
    ),
  })
  .meta({ id: "Revocations" });

/** GET /revocations: for services that verify access tokens by the JWKS. */
export function revocationRoutes(
  { route }: Api,
  { database }: Dependencies,
): void {
  route(
    {
      method: "get",
      path: "/revocations",
      summary: "List sessions whose access tokens are to be refused",
      description:
        "For services that verify access tokens without asking auth for each: the sessions that have ended and whose tokens have not expired. Request it every few seconds with the last answer's cursor. A session may be listed more than once; of more than 50,000, those that were revoked first are left out.",
      tags: ["sessions"],
      request: {
        query: z.strictObject({
          after: z
            .string()
            .regex(/^[1-9]\d{0,18}$/) // PostgreSQL takes a leading 0 for octal
            .optional()
            .describe("An earlier answer's cursor. Without one, all sessions."),
        }),
      },
      responses: {
        200: {
          description: "Those that were revoked since.",
          schema: Revocations,
        },
      },
    },
    async (c) => {
      const { after } = c.req.valid("query");
      const answer = await listRevocations(database, after);
      c.set("logLevel", "debug"); // each pod asks every few seconds
      return c.json(answer, 200);
    },
  );
}
