import type { ResponseObject } from "./responses.ts";
import type { RequestSchemas, RouteDescription } from "./route.ts";
import type { Fields, JsonSchema, Schemas } from "./schema.ts";

/** An Operation Object of OpenAPI 3.1, limited to the fields that are used here. */
export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required: true; content: Record<string, Content> };
  responses: Record<string, ResponseObject | { $ref: string }>;
}

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

interface Content {
  schema: JsonSchema;
}

/** The route's Operation Object without its responses. @throws Error if the route's description is inconsistent */
export function operationOf(
  route: RouteDescription,
  schemas: Schemas,
): Omit<Operation, "responses"> {
  const { summary, description, tags, security, request = {} } = route;
  const parameters = parametersOf(route, schemas);
  const content = bodyOf(request, schemas);
  return {
    operationId: route.operationId ?? idOf(route),
    summary,
    ...(description ? { description } : {}),
    ...(tags ? { tags } : {}),
    ...(security ? { security: security.map((name) => ({ [name]: [] })) } : {}),
    ...(parameters.length ? { parameters } : {}),
    ...(content ? { requestBody: { required: true, content } } : {}),
  };
}

/** `get /users/:id/keys` is `getUsersIdKeys`. */
const idOf = ({ method, path }: RouteDescription) =>
  method +
  pathOf(path)
    .written.split(/\W+/)
    .filter(Boolean)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

/** The path in OpenAPI's syntax (`/users/{id}` for `/users/:id`), and the names of its parameters. */
export function pathOf(path: string): { written: string; names: string[] } {
  const names: string[] = [];
  const written = path.replace(/:(\w+)(\{[^/]*\})?/g, (_, name: string) => {
    names.push(name);
    return `{${name}}`;
  });
  if (!path.startsWith("/") || /[*?:]/.test(written))
    throw new Error(
      'The path has to begin with "/", and may have no "*" and no "?": OpenAPI can not describe them.',
    );
  return { written, names };
}

/** The parameters of the path, the query and the headers. */
function parametersOf(
  { path, request = {}, middlewareHeaders }: RouteDescription,
  schemas: Schemas,
): Parameter[] {
  const parameters = (
    [
      ["path", request.param, "request.param"],
      ["header", request.header, "request.header"],
      ["header", middlewareHeaders, "middlewareHeaders"],
      ["query", request.query, "request.query"],
    ] as const
  ).flatMap(([where, schema, what]) => {
    if (!schema) return [];
    const fields = schemas.fieldsOf(schema, what);
    if (where === "header") checkHeaders(fields, what);
    return Object.entries(fields.properties).map(
      ([name, { description, ...schema }]) => ({
        name,
        in: where,
        required: where === "path" || fields.required.includes(name),
        ...(description ? { description } : {}),
        schema,
      }),
    );
  });
  const list = (names: string[]) => names.sort().join(", ") || "none";
  const expected = list(pathOf(path).names);
  const described = list(
    parameters.filter((each) => each.in === "path").map(({ name }) => name),
  );
  if (described !== expected)
    throw new Error(
      `The path's parameters are: ${expected}; those of request.param: ${described}. They have to be the same.`,
    );
  return parameters;
}

function checkHeaders({ properties, closed }: Fields, what: string) {
  if (closed)
    throw new Error(
      `${what} rejects every request: it must be a z.object, which ignores other headers.`,
    );
  for (const name of Object.keys(properties)) {
    if (name !== name.toLowerCase())
      throw new Error(
        `${what}: "${name}" must be in lower case, like the header names that Hono provides.`,
      );
    // "The parameter definition SHALL be ignored": OpenAPI 3.1.1, 4.8.12.2.1
    if (["accept", "content-type", "authorization"].includes(name))
      throw new Error(
        `${what}: OpenAPI describes "${name}" elsewhere: see security, json and form.`,
      );
  }
}

/** The body by its media types. */
function bodyOf(
  { json, form }: RequestSchemas,
  schemas: Schemas,
): Record<string, Content> | undefined {
  if (json && form)
    throw new Error("A body is request.json or request.form, not both.");
  if (json)
    return { "application/json": { schema: schemas.of(json, "input") } };
  if (!form) return undefined;
  const content = { schema: schemas.of(form, "input") };
  return {
    "application/x-www-form-urlencoded": content,
    "multipart/form-data": content,
  };
}
