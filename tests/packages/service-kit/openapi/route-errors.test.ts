import assert from "node:assert/strict";
import * as z from "zod";
import { createApi } from "../../../../packages/service-kit/index.ts";
import type { RouteDescription } from "../../../../packages/service-kit/openapi/route.ts";

const info = { title: "Test", version: "1", description: "A test." };

/** An api with one route. */
function apiOf(route: Partial<RouteDescription>) {
  const api = createApi(info);
  const add = (more: Partial<RouteDescription>) => {
    const all = { summary: "Test", responses: { 200: "Well." }, ...more };
    api.route({ method: "get", path: "/", ...all }, (c) => c.text("well"));
  };
  add(route);
  return add;
}

describe("createApi: invalid routes", () => {
  const User = z.object({ name: z.string() }).meta({ id: "OpenApiTestUser" });
  const wrong: [string, Partial<RouteDescription>, RegExp][] = [
    [
      "with a path parameter that has no schema",
      { path: "/users/:id" },
      /^get \/users\/:id: The path's parameters are: id; those of request\.param: none\./,
    ],
    [
      "with a schema for a parameter that is not in the path",
      { request: { param: z.object({ id: z.string() }) } },
      /parameters are: none; those of request\.param: id\./,
    ],
    [
      "with a wildcard in its path",
      { path: "/files/*" },
      /no "\*" and no "\?"/,
    ],
    ["with an optional path parameter", { path: "/a/:b?" }, /"\?"/],
    [
      "whose path does not start with a slash",
      { path: "users" },
      /has to begin with "\/"/,
    ],
    [
      "with a header schema that no request can match",
      { request: { header: z.strictObject({ a: z.string() }) } },
      /request\.header rejects every request/,
    ],
    [
      "with a header name in upper case",
      { request: { header: z.object({ "X-Region": z.string() }) } },
      /"X-Region" must be in lower case/,
    ],
    [
      "with a header that OpenAPI ignores",
      { request: { header: z.object({ authorization: z.string() }) } },
      /OpenAPI describes "authorization" elsewhere/,
    ],
    [
      "with a query schema that is not an object",
      { request: { query: z.string() } },
      /request\.query has to be a z\.object/,
    ],
    [
      "with both a JSON and a form body",
      { request: { json: z.string(), form: z.object({}) } },
      /request\.json or request\.form, not both/,
    ],
    [
      "with an undefined security scheme",
      { security: ["session"] },
      /"session", which createApi's securitySchemes do not have/,
    ],
    [
      "with a Date in a JSON body",
      { request: { json: z.object({ user: z.object({ born: z.date() }) }) } },
      /Date cannot be represented.*, at properties\/user\/properties\/born\..*z\.iso\.datetime\(\)/,
    ],
    [
      "with a transform in a response schema",
      {
        responses: {
          200: { description: "", schema: z.string().transform(Number) },
        },
      },
      /Transforms cannot be represented/,
    ],
    [
      "with a named schema that differs between request and response",
      {
        request: { json: User },
        responses: { 200: { description: "", schema: User } },
      },
      /the id "OpenApiTestUser", or one that is not the same/,
    ],
    [
      "with a recursive schema that has no name",
      { request: { json: z.json() } },
      /A schema that contains itself needs a name/,
    ],
    [
      "with a schema name that OpenAPI does not allow",
      {
        request: {
          json: z.object({ a: z.string().meta({ id: "Open API/Test" }) }),
        },
      },
      /The id "Open API\/Test" of a schema may have/,
    ],
  ];
  for (const [what, route, message] of wrong)
    it(`rejects a route ${what}`, () =>
      assert.throws(() => apiOf(route), { message }));

  const twice: [string, Partial<RouteDescription>, RegExp][] = [
    [
      "that already exists",
      { operationId: "other" },
      /^Error: get \/: Another route has/,
    ],
    [
      "with a duplicate operationId",
      { path: "/a", operationId: "get" },
      /"get"/,
    ],
  ];
  for (const [what, route, message] of twice)
    it(`rejects a route ${what}`, () =>
      assert.throws(() => apiOf({})(route), message));
});
