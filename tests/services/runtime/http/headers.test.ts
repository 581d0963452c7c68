import assert from "node:assert/strict";
import { createService } from "../../../../services/runtime/index.ts";
import { problemOf } from "../../../support/problem.ts";

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A service with a route that tells the nonce which it was given. */
function service() {
  const { app } = createService();
  app.get("/", (c) => c.text(c.get("secureHeadersNonce") ?? ""));
  app.get("/broken", () => {
    throw new Error("broken");
  });
  return app;
}

describe("Every response's id", () => {
  const idOf = async (id?: string) => {
    const headers: Record<string, string> =
      id === undefined ? {} : { "X-Request-Id": id };
    const response = await service().request("/", { headers });
    return response.headers.get("x-request-id") ?? "";
  };

  it("is a new UUID", async () => {
    const [first, second] = [await idOf(), await idOf()];
    assert.match(first, uuid);
    assert.notEqual(first, second);
  });

  it("is the request's, if it has one", async () => {
    assert.equal(await idOf("trace-7_a="), "trace-7_a=");
  });

  it("may have 255 characters", async () => {
    assert.equal(await idOf("x".repeat(255)), "x".repeat(255));
  });

  // Headers can't hold a line break: whatever decodes to one is what is left.
  const unsafe = {
    "too long": "x".repeat(256),
    empty: "",
    "with a space": "a b",
    "with a tab": "a\tb",
    "with an encoded line break": "a%0d%0ab",
    "with a quote": 'a"b',
    "with markup": "<b>",
    "with what is no ASCII": "\u00e9",
  };
  for (const [what, id] of Object.entries(unsafe))
    it(`is not the request's ${what}`, async () => {
      assert.match(await idOf(id), uuid);
    });

  for (const [path, status] of [
    ["/nowhere", 404],
    ["/broken", 500],
  ] as const)
    it(`is in the problem of a ${status}`, async () => {
      const headers = { "X-Request-Id": "trace-7" };
      const response = await service().request(path, { headers });
      const { instance } = await problemOf(response, status);
      assert.equal(instance, "urn:request:trace-7");
      assert.equal(response.headers.get("x-request-id"), "trace-7");
    });
});

describe("Every response's security headers", () => {
  const nonceIn = (response: Response) =>
    /style-src 'self' 'nonce-([^']+)'/.exec(
      response.headers.get("content-security-policy") ?? "",
    )?.[1];

  for (const path of ["/", "/nowhere", "/broken"])
    it(`are on ${path}`, async () => {
      const { headers } = await service().request(path);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'self'; /);
      assert.match(policy, /; frame-ancestors 'none'$/);
      assert.doesNotMatch(policy, /unsafe/);
    });

  it("do not promise HTTPS, which the service does not speak", async () => {
    const { headers } = await service().request("/");
    assert.equal(headers.get("strict-transport-security"), null);
  });

  it("have the nonce that the page is given", async () => {
    const response = await service().request("/");
    assert.equal(nonceIn(response), await response.text());
  });

  it("have another nonce each time", async () => {
    const app = service();
    const first = nonceIn(await app.request("/"));
    assert.ok(first);
    assert.notEqual(nonceIn(await app.request("/")), first);
  });
});
