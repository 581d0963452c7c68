import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { isForm } from "./media-type.ts";

/**
 * The form's text fields with these names; "" for absent ones.
 * @throws HTTPException 415 if Content-Type is present and names no form; 400 if the body can't be parsed
 */
export async function parseForm<Name extends string>(
  c: Context,
  ...names: Name[]
): Promise<Record<Name, string>> {
  if (c.req.header("content-type") !== undefined) requireForm(c);
  const form = await c.req.parseBody().catch(() => {
    throw notAForm(400);
  });
  const entries = names.map((name) => {
    const value = form[name];
    return [name, typeof value === "string" ? value : ""];
  });
  return Object.fromEntries(entries);
}

/** @throws HTTPException 415 unless Content-Type names a form */
export function requireForm(c: Context): void {
  if (!isForm(c)) throw notAForm(415);
}

const notAForm = (status: 400 | 415) =>
  new HTTPException(status, { message: "This can’t be read as a form." });
