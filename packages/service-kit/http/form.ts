import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/** The text fields of a form with these names; "" where there is none. 415 and 400 where the body is no form. */
export async function parseForm<Name extends string>(
  c: Context,
  ...names: Name[]
): Promise<Record<Name, string>> {
  const type = c.req.header("content-type");
  if (type !== undefined && !isForm.test(type)) throw notAForm(415);
  const form = await c.req.parseBody().catch(() => {
    throw notAForm(400);
  });
  const entries = names.map((name) => {
    const value = form[name];
    return [name, typeof value === "string" ? value : ""];
  });
  return Object.fromEntries(entries);
}

const isForm =
  /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;

const notAForm = (status: 400 | 415) =>
  new HTTPException(status, { message: "This can’t be read as a form." });
