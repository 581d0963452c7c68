import assert from "node:assert/strict";
import type { Hono } from "hono";
import * as z from "zod";
import type { ServiceEnv } from "../../packages/service-kit/index.ts";
import type { Document } from "../../packages/service-kit/openapi/api.ts";
import type { Operation } from "../../packages/service-kit/openapi/operation.ts";
import type { ResponseObject } from "../../packages/service-kit/openapi/responses.ts";
import type { JsonSchema } from "../../packages/service-kit/openapi/schema.ts";

/** Paths of every service that are not in its OpenAPI document. */
const platform = ["/livez", "/readyz", "/metrics", "/openapi.json"];

/**
 * Wraps a service's app to check every response against the app's own /openapi.json: status, media type, and the
 * schema of a JSON body. Undocumented paths and methods must return 404 or 405.
 * @param besides further paths that may be missing from the document
 */
export function conforming(app: Hono<ServiceEnv>, besides: string[] = []) {
  let document: Promise<Document> | undefined;
  const undocumented = [...platform, ...besides];
  return {
    async request(path: string, init: RequestInit = {}): Promise<Response> {
      document ??= documentOf(app);
      const response = await app.request(path, init);
      const { pathname } = new URL(path, "http://localhost");
      if (!undocumented.includes(pathname)) {
        const method = (init.method ?? "get").toLowerCase();
        await check(await document, method, pathname, response.clone());
      }
      return response;
    },
  };
}

/** The document that GET /openapi.json returns. */
export async function documentOf(app: Hono<ServiceEnv>): Promise<Document> {
  const response = await app.request("/openapi.json");
  assert.equal(response.status, 200);
  return (await response.json()) as Document;
}

async function check(
  document: Document,
  method: string,
  path: string,
  response: Response,
) {
  const operation = operationAt(document, method, path);
  const answer = `${method.toUpperCase()} ${path} responded with ${response.status}`;
  if (!operation) {
    const right = [404, 405].includes(response.status);
    assert.ok(right, `${answer}, but is not in the document`);
    return;
  }
  const documented = operation.responses[response.status];
  const statuses = Object.keys(operation.responses).join(", ");
  assert.ok(documented, `${answer}; the document has: ${statuses}`);
  const { content = {} } = resolved<ResponseObject>(document, documented);
  const text = await response.text();
  const type = response.headers.get("content-type")?.split(";", 1)[0] ?? "";
  const types = Object.keys(content).join(", ");
  if (types === "") return assert.equal(text, "", `${answer} with a body`);
  // A key may be a media type range (OpenAPI 3.1, 4.8.17.1). The most specific key takes precedence.
  const ranges = [type, type.replace(/\/.*/, "/*"), "*/*"];
  const body = ranges.map((range) => content[range]).find(Boolean);
  assert.ok(body, `${answer} as "${type}"; the document has: ${types}`);
  if (!body.schema || method === "head" || !/[/+]json$/.test(type)) return;
  const wrong = schemaViolations(document, body.schema, JSON.parse(text));
  assert.equal(wrong, undefined, `${answer}: ${wrong}\n${text}`);
}

/** The operation for a path. Paths without parameters take precedence. */
function operationAt(document: Document, method: string, path: string) {
  const [, operations] =
    Object.entries(document.paths)
      .sort(([a], [b]) => a.split("{").length - b.split("{").length)
      .find(([template]) => matches(template, path)) ?? [];
  return operations?.[method === "head" ? "get" : method];
}

function matches(template: string, path: string): boolean {
  const segments = path.split("/");
  const expected = template.split("/");
  return (
    segments.length === expected.length &&
    expected.every((each, i) => /^\{.+\}$/.test(each) || each === segments[i])
  );
}

function resolved<T extends object>(
  document: Document,
  given: T | { $ref: string },
): T {
  return "$ref" in given ? (at(document, given.$ref) as T) : given;
}

/** The value at a JSON Pointer of the document. */
function at(document: Document, ref: string): unknown {
  let found: unknown = document;
  for (const step of ref.replace(/^#\//, "").split("/"))
    found = (found as Record<string, unknown> | undefined)?.[step];
  assert.ok(found, `${ref} is nowhere in the document`);
  return found;
}

/**
 * The value's violations of a schema of the document, if any. Zod can read JSON Schema, which saves a dependency; it
 * rejects keywords that it does not know.
 */
function schemaViolations(
  document: Document,
  schema: JsonSchema,
  value: unknown,
): string | undefined {
  const all = { ...schema, $defs: document.components.schemas };
  // Zod would fill in missing properties that have a `default`.
  const text = JSON.stringify(all, (key, part) =>
    key === "properties" ? withoutDefaults(part) : part,
  ).replaceAll('"$ref":"#/components/schemas/', '"$ref":"#/$defs/');
  const reader = z.fromJSONSchema(JSON.parse(text), { registry: z.registry() });
  const { error } = reader.safeParse(value);
  return error && z.prettifyError(error);
}

const withoutDefaults = (properties: Record<string, JsonSchema>) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, { default: _, ...schema }]) => [
      name,
      schema,
    ]),
  );

/** Asserts the rules of OpenAPI 3.1 that the document's types do not express. */
export function checkDocument(document: Document) {
  assert.match(document.openapi, /^3\.1\.\d+$/);
  for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g))
    at(document, ref as string);
  const paths = Object.keys(document.paths);
  const shapes = paths.map((path) => path.replace(/\{\w+\}/g, "{}"));
  assertUnique(shapes, "paths, ignoring their parameters' names");
  const operations = paths.flatMap((path) =>
    Object.values(document.paths[path] ?? {}).map((operation) => {
      checkOperation(document, path, operation);
      return operation.operationId;
    }),
  );
  assertUnique(operations, "operationIds");
}

function checkOperation(document: Document, path: string, of: Operation) {
  const { operationId, parameters = [], responses, security = [] } = of;
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  assert.deepEqual(
    inPath.map(({ name }) => `{${name}}`).sort(),
    (path.match(/\{\w+\}/g) ?? []).sort(),
    `${operationId}: parameters in the path`,
  );
  for (const { name, required } of inPath)
    assert.ok(required, `${operationId}: ${name} must be required`);
  assertUnique(
    parameters.map(({ name, in: where }) => `${where} ${name}`),
    `parameters of ${operationId}`,
  );
  for (const [status, response] of Object.entries(responses)) {
    assert.match(status, /^[1-5]\d\d$/);
    const { description } = resolved<ResponseObject>(document, response);
    assert.ok(description, `${operationId}: ${status} has no description`);
  }
  const { securitySchemes = {} } = document.components;
  for (const name of security.flatMap(Object.keys))
    assert.ok(securitySchemes[name], `${operationId}: no scheme ${name}`);
}

function assertUnique(all: string[], what: string) {
  const twice = all.filter((each, i) => all.indexOf(each) !== i);
  assert.deepEqual(twice, [], `duplicate ${what}`);
}
