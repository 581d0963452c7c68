import type { TypedResponse } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import * as z from "zod";

/** The body of `problem`'s responses (RFC 9457). */
export const Problem = z
  .looseObject({
    type: z
      .string()
      .describe(
        "about:blank: the problem has no further meaning than its status.",
      ),
    title: z.string().describe("The status in words."),
    status: z.int().min(400).max(599),
    detail: z
      .string()
      .describe("What is wrong with this very request, and what to do."),
    instance: z
      .string()
      .optional()
      .describe("urn:request: and the request's id, as it is in the logs."),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe("Every mistake: where, as a JSON Pointer, and what is wrong."),
  })
  .meta({
    id: "Problem",
    description:
      "An error, as in RFC 9457. Clients that prefer text/html get a page instead.",
  });

export type ProblemResponse<Status extends StatusCode = StatusCode> = Response &
  TypedResponse<z.output<typeof Problem>, Status, "json">;
