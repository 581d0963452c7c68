import assert from "node:assert/strict";
import { createApi, createService } from "@marquee/runtime";
import * as z from "zod";
import { conforming } from "../../../support/openapi.ts";
import { problemOf } from "../../../support/problem.ts";

const Film = z.looseObject({
  name: z.string(),
  tags: z.array(z.string()).optional(),
});

/** Takes any text, in every part of a request. */
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
    (c) => c.json(c.req.valid("json")),
  );
  route(
    {
      method: "get",
      path: "/query",
      summary: "As a query",
      request: { query: Film },
      responses,
    },
    (c) => c.json(c.req.valid("query")),
  );
  route(
    {
      method: "post",
      path: "/form",
      summary: "As a form",
      request: { form: Film },
      responses,
    },
    (c) => c.json(c.req.valid("form")),
  );
  route(
    {
      method: "get",
      path: "/films/:name",
      summary: "In a path",
      request: { param: z.strictObject({ name: z.string() }) },
      responses: { ...responses, 404: "There is no such film." },
    },
    (c) => c.json(c.req.valid("param")),
  );
  service.app.route("/", app);
  return conforming(service.app);
}

describe("The character U+0000, which PostgreSQL can't store", () => {
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
    ["a text", { name: "a\u0000b" }, "/name"],
    ["a list", { name: "a", tags: ["b", "\u0000"] }, "/tags/1"],
    [
      "what is not expected",
      { name: "a", x: { "~/": ["\u0000"] } },
      "/x/~0~1/0",
    ],
    ["a name", { name: "a", "x\u0000": 1 }, "/x\u0000"],
    ["the first of two texts", { name: "\u0000", tags: ["\u0000"] }, "/name"],
    ["a text and nothing else", "\u0000", ""],
  ];
  for (const [what, body, pointer] of bodies)
    it(`is refused in ${what} of a JSON body`, async () => {
      const errors = await errorsOf(send(JSON.stringify(body)));
      assert.deepEqual(errors?.at(-1), { pointer, detail: says });
    });

  it("is refused along with what else is wrong, in a sentence", async () => {
    const { detail } = await problemOf(
      await send('{"name": 1, "other": "\\u0000"}'),
      422,
    );
    assert.equal(
      detail,
      `The body is not as expected: name: Invalid input: expected string, received number; other: ${says}.`,
    );
  });

  it("is looked for in a body that is as deep as it can be", async () => {
    const deep = (inner: string) =>
      `{"name":"a","x":${"[".repeat(100_000)}${inner}${"]".repeat(100_000)}}`;
    assert.equal((await errorsOf(send(deep('"\\u0000"'))))?.length, 1);
  });

  it("is refused in a query", async () => {
    const errors = await errorsOf(app.request("/query?name=a%00"));
    assert.deepEqual(errors, [{ pointer: "/name", detail: says }]);
  });

  it("is refused in a form, and nothing else of it is", async () => {
    const form = (fields: Record<string, string | Blob>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields))
        body.append(name, value);
      return app.request("/form", { method: "POST", body });
    };
    assert.deepEqual(await errorsOf(form({ name: "a\u0000" })), [
      { pointer: "/name", detail: says },
    ]);
    const file = new Blob(["\u0000"]); // bytes are no text
    assert.equal((await form({ name: "a", file })).status, 200);
  });

  it("is in the path of nothing", async () => {
    assert.equal((await app.request("/films/a%20b")).status, 200);
    await problemOf(await app.request("/films/a%00b"), 404);
  });

  it("is not mistaken for its name", async () => {
    const response = await send('{"name":"\\\\u0000 and \\u0001"}');
    assert.deepEqual(await response.json(), { name: "\\u0000 and \u0001" });
  });
});
