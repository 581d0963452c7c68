import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import type * as z from "zod";
import { problem } from "./problem.ts";

/**
 * Middleware that lets a JSON body through only if it is as `schema` says; the handler gets it from `c.req.valid("json")`.
 * Otherwise 415 (not JSON), 400 (JSON that can't be read) or 422 with `errors`, one for each mistake: where, and what is wrong.
 */
export const validated = <Schema extends z.ZodType>(schema: Schema) =>
  validator("json", (value, c) => {
    const type = c.req.header("content-type");
    if (!isJson(type))
      throw new HTTPException(415, {
        message: `Send JSON with "content-type: application/json"${type ? `, not "${type}"` : ""}.`,
      });
    const result = schema.safeParse(value, { error: inWords });
    if (result.success) return result.data as z.output<Schema>;
    const errors = result.error.issues.flatMap(mistakes);
    return problem(
      c,
      422,
      `The body is not as expected: ${errors.map(({ pointer, detail }) => `${pointer.slice(1) || "the body"}: ${detail}`).join("; ")}.`,
      { errors },
    );
  });

/** As `validator` has it: what it does not take for JSON it does not read. */
const isJson = (type = "") =>
  /^application\/([\w.-]+\+)?json$/i.test(type.split(";", 1)[0]?.trim() ?? "");

/** Better words than Zod's for what people get wrong most. */
function inWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  if (issue.input === undefined) return "is missing";
  return issue.expected === "int" ? "is not a whole number" : undefined;
}

/** Where a mistake is, as a JSON Pointer (RFC 6901), and what is wrong there. */
function mistakes(issue: z.core.$ZodIssue) {
  const at = (path: PropertyKey[]) =>
    path
      .map((step) => String(step).replace(/~/g, "~0").replace(/\//g, "~1"))
      .map((step) => `/${step}`)
      .join("");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      pointer: at([...issue.path, key]),
      detail: "is not expected",
    }));
  return [{ pointer: at(issue.path), detail: issue.message }];
}
