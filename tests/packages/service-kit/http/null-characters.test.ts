import assert from "node:assert/strict";
import { createApi, createService } from "@marquee/service-kit";
import * as z from "zod";
import { conforming } from "../../../support/openapi.ts";
import { problemOf } from "../../../support/problem.ts";

const Film = z.looseObject({
  name: z.string(),
  tags: z.array(z.string()).optional(),
});

/** A service that accepts any text in every part of a request. */
function anyText() {
  const service = createService({ bodyLimit: 1_000_000 });
  const { app, route } = createApi({
    ...{ title: "Any text", version: "1.0.0", description: "Takes it." },
  });
  const responses = { 200: { description: "Taken.", schema: z.unknown() } };
  route(
    {
      method: "post",
      path: "/json",
      summary: "As JSON",
      request: { json: Film },
      responses,
    },
    (c) => c.json(c.req.valid("json"), 200),
  );
  route(
    {
      method: "get",
      path: "/query",
      summary: "As a query",
      request: { query: Film },
      responses,
    },
    (c) => c.json(c.req.valid("query"), 200),
  );
  route(
    {
      method: "post",
      path: "/form",
      summary: "As a form",
      request: { form: Film },
      responses,
    },
    (c) => c.json(c.req.valid("form"), 200),
  );
  route(
    {
      method: "get",
      path: "/films/:name",
      summary: "In a path",
      request: { param: z.strictObject({ name: z.string() }) },
      responses: { ...responses, 404: "There is no such film." },
    },
    (c) => c.json(c.req.valid("param"), 200),
  );
  service.app.route("/", app);
  return conforming(service.app);
}

describe("U+0000 in requests", () => {
  const app = anyText();
  const says = "has the character U+0000, which no text here may have";

  const send = (body: string) =>
    app.request("/json", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
  const errorsOf = async (response: Response | Promise<Response>) =>
    (await problemOf(await response, 422)).errors;

  const bodies: [what: string, body: unknown, pointer: string][] = [
    ["a string", { name: "a\u0000b" }, "/name"],
    ["a list", { name: "a", tags: ["b", "\u0000"] }, "/tags/1"],
    [
      "an unexpected field",
      { name: "a", x: { "~/": ["\u0000"] } },
      "/x/~0~1/0",
    ],
    ["a field's name", { name: "a", "x\u0000": 1 }, "/x\u0000"],
    ["the first of two strings", { name: "\u0000", tags: ["\u0000"] }, "/name"],
    ["the top-level string", "\u0000", ""],
  ];
  for (const [what, body, pointer] of bodies)
    it(`rejects U+0000 in ${what} of a JSON body`, async () => {
      const errors = await errorsOf(send(JSON.stringify(body)));
      assert.deepEqual(errors?.at(-1), { pointer, detail: says });
    });

  it("reports U+0000 together with other errors in one sentence", async () => {
    const { detail } = await problemOf(
      await send('{"name": 1, "other": "\\u0000"}'),
      422,
    );
    assert.equal(
      detail,
      `The body is invalid: name: Invalid input: expected string, received number; other: ${says}.`,
    );
  });

  it("finds U+0000 in a body nested 100,000 levels deep", async () => {
    const deep = (inner: string) =>
      `{"name":"a","x":${"[".repeat(100_000)}${inner}${"]".repeat(100_000)}}`;
    assert.equal((await errorsOf(send(deep('"\\u0000"'))))?.length, 1);
  });

  it("rejects U+0000 in a query", async () => {
    const errors = await errorsOf(app.request("/query?name=a%00"));
    assert.deepEqual(errors, [{ pointer: "/name", detail: says }]);
  });

  it("rejects U+0000 in a form's text, but not in a form's file", async () => {
    const form = (fields: Record<string, string | Blob>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields))
        body.append(name, value);
      return app.request("/form", { method: "POST", body });
    };
    assert.deepEqual(await errorsOf(form({ name: "a\u0000" })), [
      { pointer: "/name", detail: says },
    ]);
    const file = new Blob(["\u0000"]); // a file is not text
    assert.equal((await form({ name: "a", file })).status, 200);
  });

  it("returns 404 for U+0000 in a path", async () => {
    assert.equal((await app.request("/films/a%20b")).status, 200);
    await problemOf(await app.request("/films/a%00b"), 404);
  });

  it("accepts an escaped backslash before u0000, and U+0001", async () => {
    const response = await send('{"name":"\\\\u0000 and \\u0001"}');
    assert.deepEqual(await response.json(), { name: "\\u0000 and \u0001" });
  });
});
