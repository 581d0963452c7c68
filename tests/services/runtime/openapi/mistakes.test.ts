import assert from "node:assert/strict";
import * as z from "zod";
import { createApi } from "../../../../services/runtime/index.ts";
import type { RouteDescription } from "../../../../services/runtime/openapi/route.ts";

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

describe("A route is refused when the program starts", () => {
  const User = z.object({ name: z.string() }).meta({ id: "OpenApiTestUser" });
  const wrong: [string, Partial<RouteDescription>, RegExp][] = [
    [
      "with a parameter that has no schema",
      { path: "/users/:id" },
      /^get \/users\/:id: The path's parameters are: id; those of request\.param: none\./,
    ],
    [
      "with a schema for a parameter that the path has not",
      { request: { param: z.object({ id: z.string() }) } },
      /parameters are: none; those of request\.param: id\./,
    ],
    ["at a path for anything", { path: "/files/*" }, /no "\*" and no "\?"/],
    ["at a path with an end that may be left out", { path: "/a/:b?" }, /"\?"/],
    ["at a path without a slash", { path: "users" }, /has to begin with "\/"/],
    [
      "with headers that no request could have",
      { request: { header: z.strictObject({ a: z.string() }) } },
      /request\.header refuses every request/,
    ],
    [
      "with a header in capitals",
      { request: { header: z.object({ "X-Region": z.string() }) } },
      /"X-Region" has to be in lower case/,
    ],
    [
      "with a header that OpenAPI ignores",
      { request: { header: z.object({ authorization: z.string() }) } },
      /OpenAPI has "authorization" elsewhere/,
    ],
    [
      "with a query that is no object",
      { request: { query: z.string() } },
      /request\.query has to be a z\.object/,
    ],
    [
      "with two bodies",
      { request: { json: z.string(), form: z.object({}) } },
      /request\.json or request\.form, not both/,
    ],
    [
      "with security that the document doesn't explain",
      { security: ["session"] },
      /"session", which createApi's securitySchemes do not have/,
    ],
    [
      "with a time that JSON can't have",
      { request: { json: z.object({ user: z.object({ born: z.date() }) }) } },
      /Date cannot be represented.*, at properties\/user\/properties\/born\..*z\.iso\.datetime\(\)/,
    ],
    [
      "with a response that is transformed to who knows what",
      {
        responses: {
          200: { description: "", schema: z.string().transform(Number) },
        },
      },
      /Transforms cannot be represented/,
    ],
    [
      "with a schema that is not the same on the way in and out",
      {
        request: { json: User },
        responses: { 200: { description: "", schema: User } },
      },
      /the id "OpenApiTestUser", or one that is not the same/,
    ],
    [
      "with a schema that contains itself and has no name",
      { request: { json: z.json() } },
      /A schema that contains itself needs a name/,
    ],
    [
      "with a schema whose name can't be one in OpenAPI",
      {
        request: {
          json: z.object({ a: z.string().meta({ id: "Open API/Test" }) }),
        },
      },
      /The id "Open API\/Test" of a schema may have/,
    ],
  ];
  for (const [what, route, message] of wrong)
    it(what, () => assert.throws(() => apiOf(route), { message }));

  const twice: [string, Partial<RouteDescription>, RegExp][] = [
    [
      "that is there already",
      { operationId: "other" },
      /^Error: get \/: It is/,
    ],
    ["with another's operationId", { path: "/a", operationId: "get" }, /"get"/],
  ];
  for (const [what, route, message] of twice)
    it(what, () => assert.throws(() => apiOf({})(route), message));
});
