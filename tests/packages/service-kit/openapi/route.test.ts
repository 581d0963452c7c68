import assert from "node:assert/strict";
import * as z from "zod";
import {
  createApi,
  createService,
  factory,
} from "../../../../packages/service-kit/index.ts";
import type { RouteDescription } from "../../../../packages/service-kit/openapi/route.ts";

const info = { title: "Test", version: "1", description: "A test." };

/** The document of an api with one route. */
function documented(route: Partial<RouteDescription>) {
  const api = createApi(info);
  const all = { summary: "Test", responses: { 200: "Well." }, ...route };
  api.route({ method: "get", path: "/", ...all }, (c) => c.text("well"));
  return api.document;
}

describe("createApi: routes", () => {
  it("adds only the shared responses that the route can give", () => {
    const { paths, components } = documented({});
    assert.deepEqual(Object.keys(components.responses), [
      "InternalServerError",
    ]);
    assert.deepEqual(paths["/"]?.get?.responses, {
      200: { description: "Well." },
      500: { $ref: "#/components/responses/InternalServerError" },
    });
  });

  it("documents path parameters without Hono's patterns", () => {
    const param = z.object({ name: z.string(), year: z.string() });
    const { paths } = documented({
      path: "/by/:year{[0-9]{4}}/:name",
      request: { param },
    });
    const [[path, { get } = assert.fail()] = assert.fail()] =
      Object.entries(paths);
    assert.equal(path, "/by/{year}/{name}");
    assert.equal(get?.operationId, "getByYearName");
  });

  it("runs middleware in order", async () => {
    const first = factory.createMiddleware(async (c, next) => {
      c.header("x-order", "first", { append: true });
      await next();
    });
    const second = factory.createMiddleware(async (c, next) => {
      c.header("x-order", "second", { append: true });
      await next();
    });
    const api = createApi(info);
    api.route(
      { method: "get", path: "/a", summary: "A", responses: { 200: "A." } },
      first,
      second,
      (c) => c.body(null, 200),
    );
    const response = await api.app.request("/a");
    assert.equal(response.headers.get("x-order"), "first, second");
  });

  it("answers HEAD for GET, and 405 with Allow for other methods", async () => {
    const service = createService();
    const api = createApi(info);
    api.route(
      { method: "get", path: "/a", summary: "A", responses: { 200: "A." } },
      (c) => c.body(null, 200),
    );
    service.app.route("/", api.app);
    const head = await service.app.request("/a", { method: "HEAD" });
    assert.equal(head.status, 200);
    const post = await service.app.request("/a", { method: "POST" });
    assert.equal(post.status, 405);
    assert.equal(post.headers.get("allow"), "GET, HEAD");
  });
});
