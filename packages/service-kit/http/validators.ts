import type { Context, MiddlewareHandler } from "hono";
import type * as z from "zod";
import type { ServiceEnv } from "./env.ts";
import { isForm, mediaType } from "./media-type.ts";
import { findNullCharacter } from "./null-characters.ts";
import { notFound, problem } from "./problem.ts";

/** A part of a request, by its name in `c.req.valid`. */
export type RequestPart = "param" | "header" | "query" | "form" | "json";

interface InvalidRequest {
  part: RequestPart;
  /** 415: wrong media type. 400: can't be parsed. 422: does not match the schema. */
  status: 400 | 415 | 422;
  /** All errors in a sentence. */
  detail: string;
  /** With 422: every error, with a JSON Pointer (RFC 6901) into the part. */
  errors?: { pointer: string; detail: string }[];
  /** With 422: the part as received, so that a page can show the fields again. */
  given?: unknown;
}

export type OnInvalid<R = Response> = (
  c: Context<ServiceEnv>,
  refusal: InvalidRequest,
) => R | Promise<R>;

const respondWithProblem: OnInvalid = (c, { status, detail, errors }) =>
  problem(c, status, detail, errors ? { errors } : {});

/** Subjects of the sentences in `detail`. */
const partNames: Record<RequestPart, string> = {
  param: "The path is",
  header: "The headers are",
  query: "The query is",
  form: "The form is",
  json: "The body is",
};

/**
 * Validates a JSON body, which handlers get from `c.req.valid("json")`. Responds to other bodies with 415 (not JSON),
 * 400 (can't be parsed) or 422 (does not match the schema). The character U+0000 is always an error.
 */
export const jsonValidator = <Schema extends z.ZodType>(
  schema: Schema,
): MiddlewareHandler<
  ServiceEnv,
  string,
  { in: { json: z.input<Schema> }; out: { json: z.output<Schema> } }
> => validator("json", schema);

/**
 * Like `jsonValidator`, for any part of a request. The response to an invalid path is a 404.
 * @param arrayFields fields of the query or form that may occur more than once: the schema gets these as arrays
 * @param onInvalid responds to invalid requests. @default problem+json
 */
export const validator =
  (
    part: RequestPart,
    schema: z.ZodType,
    arrayFields: readonly string[] = [],
    onInvalid: OnInvalid = respondWithProblem,
  ): MiddlewareHandler<ServiceEnv> =>
  async (c, next) => {
    const read = await readers[part](c, arrayFields);
    if ("status" in read) return onInvalid(c, { part, ...read });
    const { given } = read;
    const result = await schema.safeParseAsync(given, { error: describeIssue });
    const nullCharacter = findNullCharacter(given);
    if (result.success && !nullCharacter) {
      c.req.addValidatedData(part, result.data as object);
      return next();
    }
    if (part === "param") return notFound(c);
    const errors = (result.error?.issues ?? []).flatMap(fieldErrors);
    if (nullCharacter)
      errors.push({
        pointer: pointerTo(nullCharacter),
        detail: nullCharacterError,
      });
    const all = errors.map(
      ({ pointer, detail }) =>
        `${pointer.slice(1) || `the ${part === "json" ? "body" : part}`}: ${detail}`,
    );
    const detail = `${partNames[part]} invalid: ${all.join("; ")}.`;
    return onInvalid(c, { part, status: 422, detail, errors, given });
  };

type Read = { given: unknown } | { status: 400 | 415; detail: string };

/** Reads the value that the schema validates. */
const readers: Record<
  RequestPart,
  (c: Context, lists: readonly string[]) => Read | Promise<Read>
> = {
  param: (c) => ({ given: c.req.param() }),
  header: (c) => ({ given: c.req.header() }),
  query: (c, lists) => ({
    given: fields(new URL(c.req.url).searchParams, lists),
  }),
  async form(c, lists) {
    if (!isForm(c))
      return unsupportedType(c, "a form", "application/x-www-form-urlencoded");
    try {
      return { given: fields(await c.req.formData(), lists) };
    } catch {
      return { status: 400, detail: "The body can't be read as a form." };
    }
  },
  async json(c) {
    if (!isJson.test(mediaType(c)))
      return unsupportedType(c, "JSON", "application/json");
    try {
      return { given: await c.req.json() };
    } catch {
      return { status: 400, detail: "The body can't be read as JSON." };
    }
  },
};

const isJson = /^application\/([\w.-]+\+)?json$/i;

function unsupportedType(c: Context, what: string, type: string): Read {
  const given = c.req.header("content-type");
  return {
    status: 415,
    detail: `Send ${what} with "content-type: ${type}"${given ? `, not "${given}"` : ""}.`,
  };
}

/** Fields as an object. A field is an array if it occurs more than once or is in `lists`. */
function fields(
  entries: Iterable<[string, unknown]>,
  lists: readonly string[],
): Record<string, unknown> {
  const values = new Map<string, unknown[]>();
  for (const [name, value] of entries)
    values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(
    [...values].map(([name, all]) => [
      name,
      all.length === 1 && !lists.includes(name) ? all[0] : all,
    ]),
  );
}

/** Replaces Zod's messages for the most common errors. */
function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  if (issue.input === undefined) return "is missing";
  if (Number.isNaN(issue.input)) return "is not a number";
  return issue.expected === "int" ? "is not a whole number" : undefined;
}

const nullCharacterError =
  "has the character U+0000, which no text here may have";

/** A JSON Pointer (RFC 6901). */
const pointerTo = (path: PropertyKey[]) =>
  path
    .map((step) => String(step).replace(/~/g, "~0").replace(/\//g, "~1"))
    .map((step) => `/${step}`)
    .join("");

function fieldErrors(issue: z.core.$ZodIssue) {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      detail: "is not expected",
    }));
  return [{ pointer: pointerTo(issue.path), detail: issue.message }];
}
