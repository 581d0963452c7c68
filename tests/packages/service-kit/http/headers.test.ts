import assert from "node:assert/strict";
import { createService } from "../../../../packages/service-kit/index.ts";
import { problemOf } from "../../../support/problem.ts";

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A service with a route that returns its CSP nonce. */
function service() {
  const { app } = createService();
  app.get("/", (c) => c.text(c.get("secureHeadersNonce") ?? ""));
  app.get("/broken", () => {
    throw new Error("broken");
  });
  return app;
}

describe("X-Request-Id", () => {
  const idOf = async (id?: string) => {
    const headers: Record<string, string> =
      id === undefined ? {} : { "X-Request-Id": id };
    const response = await service().request("/", { headers });
    return response.headers.get("x-request-id") ?? "";
  };

  it("generates a new UUID for a request without an id", async () => {
    const [first, second] = [await idOf(), await idOf()];
    assert.match(first, uuid);
    assert.notEqual(first, second);
  });

  it("returns the request's id", async () => {
    assert.equal(await idOf("trace-7_a="), "trace-7_a=");
  });

  it("accepts an id of 255 characters", async () => {
    assert.equal(await idOf("x".repeat(255)), "x".repeat(255));
  });

  // Headers can't contain a line break, only an encoded one.
  const unsafe = {
    "that is too long": "x".repeat(256),
    "that is empty": "",
    "with a space": "a b",
    "with a tab": "a\tb",
    "with an encoded line break": "a%0d%0ab",
    "with a quote": 'a"b',
    "with markup": "<b>",
    "with a non-ASCII character": "\u00e9",
  };
  for (const [what, id] of Object.entries(unsafe))
    it(`replaces an id ${what}`, async () => {
      assert.match(await idOf(id), uuid);
    });

  for (const [path, status] of [
    ["/nowhere", 404],
    ["/broken", 500],
  ] as const)
    it(`includes the id in the problem of a ${status}`, async () => {
      const headers = { "X-Request-Id": "trace-7" };
      const response = await service().request(path, { headers });
      const { instance } = await problemOf(response, status);
      assert.equal(instance, "urn:request:trace-7");
      assert.equal(response.headers.get("x-request-id"), "trace-7");
    });
});

describe("Security headers", () => {
  const nonceIn = (response: Response) =>
    /style-src 'self' 'nonce-([^']+)'/.exec(
      response.headers.get("content-security-policy") ?? "",
    )?.[1];

  for (const path of ["/", "/nowhere", "/broken"])
    it(`sets security headers on ${path}`, async () => {
      const { headers } = await service().request(path);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'self'; /);
      assert.match(policy, /; frame-ancestors 'none'$/);
      assert.doesNotMatch(policy, /unsafe/);
    });

  it("omits Strict-Transport-Security, because services speak plain HTTP", async () => {
    const { headers } = await service().request("/");
    assert.equal(headers.get("strict-transport-security"), null);
  });

  it("sends the nonce that the page is given in Content-Security-Policy", async () => {
    const response = await service().request("/");
    assert.equal(nonceIn(response), await response.text());
  });

  it("generates a new nonce for each response", async () => {
    const app = service();
    const first = nonceIn(await app.request("/"));
    assert.ok(first);
    assert.notEqual(nonceIn(await app.request("/")), first);
  });
});
