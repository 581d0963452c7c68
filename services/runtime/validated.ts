import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import type { z } from "zod";
import { problem } from "./problem.ts";

/**
 * Middleware that lets a JSON body through only if it is as `schema` says; the handler gets it from `c.req.valid("json")`.
 * Otherwise 415 (not JSON), 400 (JSON that can't be read) or 422 with `errors`, one for each mistake: where, and what is wrong.
 */
export const validated = <Schema extends z.ZodType>(schema: Schema) =>
  validator("json", (value, c) => {
    const type = c.req.header("content-type") ?? "";
    if (!/^application\/([\w.+-]+\+)?json\b/i.test(type))
      throw new HTTPException(415, {
        message: `Send JSON with "content-type: application/json", not "${type}".`,
      });
    const result = schema.safeParse(value);
    if (result.success) return result.data as z.output<Schema>;
    const errors = result.error.issues.map(({ path, message }) => ({
      pointer: path.map((step) => `/${String(step)}`).join(""),
      detail: message,
    }));
    return problem(
      c,
      422,
      `The body is not as expected: ${errors.map(({ pointer, detail }) => `${pointer.slice(1) || "the body"}: ${detail}`).join("; ")}.`,
      { errors },
    );
  });
