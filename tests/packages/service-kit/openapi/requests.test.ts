import assert from "node:assert/strict";
import { conforming } from "../../../support/openapi.ts";
import { problemOf } from "../../../support/problem.ts";
import { createShelf } from "../../../support/programs/shelf.ts";

const app = conforming(createShelf().app);
const json = { "content-type": "application/json" };

const add = (body: unknown, headers: Record<string, string> = {}) =>
  app.request("/titles", {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { ...json, "x-user": "ann", ...headers },
  });

const errorsOf = async (response: Response) =>
  ((await problemOf(response, 422)).errors ?? []).map(
    ({ pointer, detail }) => `${pointer} ${detail}`,
  );

describe("Routes: JSON bodies", () => {
  it("passes the body to the handler as parsed by its schema", async () => {
    const response = await add({ name: " Heat ", stars: 5 });
    assert.equal(response.status, 201);
    const { name, tags } = (await response.json()) as Record<string, unknown>;
    assert.deepEqual([name, tags], ["Heat", ["5 stars", "ann"]]);
  });

  it("rejects a body, and reports every error in it", async () => {
    assert.deepEqual(await errorsOf(await add({ stars: 1.5, year: 1995 })), [
      "/name is missing",
      "/stars is not a whole number",
      "/year is not expected",
    ]);
  });

  it("rejects a body that is not JSON", async () => {
    await problemOf(await add("{"), 400);
    await problemOf(await add("", { "content-type": "text/plain" }), 415);
  });

  it("rejects a body that is too large", async () => {
    await problemOf(await add({ name: "x".repeat(1024) }), 413);
  });

  it("does not read a body before the route's middleware accepts the request", async () => {
    await problemOf(await add("{", { "x-user": "" }), 401);
  });
});

describe("Routes: queries", () => {
  const find = (query: string, headers: Record<string, string> = {}) =>
    app.request(`/titles${query}`, { headers });
  const found = async (response: Response) => {
    assert.equal(response.status, 200);
    const [first] = (await response.json()) as {
      name: string;
      tags: string[];
    }[];
    return [first?.name, first?.tags];
  };

  it("passes the query to the handler as parsed by its schema", async () => {
    assert.deepEqual(await found(await find("")), ["20 in anywhere", []]);
    assert.deepEqual(await found(await find("?limit=7&tag=a%20b&tag=c")), [
      "7 in anywhere",
      ["a b", "c"],
    ]);
  });

  it("parses a single value of a list as a list", async () => {
    const [, tags] = await found(await find("?tag=a"));
    assert.deepEqual(tags, ["a"]);
  });

  const wrong: [string, string[]][] = [
    ["?limit=0", ["/limit Too small: expected number to be >=1"]],
    ["?limit=x", ["/limit is not a number"]],
    ["?limit=1.5", ["/limit is not a whole number"]],
    ["?limit=1&limit=2", ["/limit is not a number"]],
    ["?tag=a&tag=b&tag=c", ["/tag Too big: expected array to have <=2 items"]],
    ["?limit=1&page=2", ["/page is not expected"]],
    ["?__proto__=1", ["/__proto__ is not expected"]],
  ];
  for (const [query, errors] of wrong)
    it(`rejects ${query}`, async () => {
      assert.deepEqual(await errorsOf(await find(query)), errors);
    });

  it("rejects a query, and reports all its errors in one sentence", async () => {
    const { detail } = await problemOf(await find("?a=1&limit=x"), 422);
    assert.equal(
      detail,
      "The query is invalid: limit: is not a number; a: is not expected.",
    );
  });

  it("passes valid headers to the handler, and rejects invalid ones", async () => {
    const [name] = await found(await find("", { "X-Region": "eu" }));
    assert.equal(name, "20 in eu");
    const { detail } = await problemOf(
      await find("", { "x-region": "mars" }),
      422,
    );
    assert.match(detail, /^The headers are invalid: x-region: /);
  });
});

describe("Routes: paths", () => {
  const remove = (id: string) =>
    app.request(`/titles/${id}`, { method: "DELETE" });

  it("accepts a valid path parameter", async () => {
    const id = "018f3c1e-7f00-7000-8000-000000000001";
    assert.equal((await remove(id)).status, 204);
  });

  it("returns 404 for an invalid path parameter", async () => {
    const { detail } = await problemOf(await remove("1"), 404);
    assert.equal(detail, "There is nothing at /titles/1.");
  });
});

describe("Routes: forms", () => {
  const search = async (
    body: string | FormData | URLSearchParams,
    type?: string,
  ) => {
    const response = await app.request("/search", {
      method: "POST",
      body,
      headers: type ? { "content-type": type } : {},
    });
    return `${response.status} ${await response.text()}`;
  };
  const multipart = (fields: [string, string | Blob][]) => {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    return form;
  };
  const urlencoded = "application/x-www-form-urlencoded";

  const good: [string, () => Promise<string>, string][] = [
    [
      "with non-ASCII and reserved characters",
      () => search(new URLSearchParams({ q: "ü&" })),
      "ü&: ",
    ],
    [
      "with a list of one",
      () =>
        search(new URLSearchParams([...Object.entries({ q: "a", tag: "b" })])),
      "a: b",
    ],
    [
      "with a list of two",
      () => search("tag=b&q=a&tag=c", urlencoded),
      "a: b,c",
    ],
    [
      "as multipart/form-data",
      () => search(multipart([...Object.entries({ q: "a", tag: "b" })])),
      "a: b",
    ],
    [
      "with a media type in upper case",
      () => search("q=a", "Application/X-WWW-Form-URLEncoded; Charset=UTF-8"),
      "a: ",
    ],
  ];
  for (const [what, send, answer] of good)
    it(`accepts a form ${what}`, async () => {
      assert.equal(await send(), `200 ${answer}`);
    });

  const wrong: [string, () => Promise<string>, string][] = [
    [
      "without a required field",
      () => search("", urlencoded),
      "422 q: is missing. {}",
    ],
    [
      "with an empty field",
      () => search("q=", urlencoded),
      '422 q: is empty. {"q":""}',
    ],
    [
      "with an unexpected field",
      () => search("q=a&r=b", urlencoded),
      '422 r: is not expected. {"q":"a","r":"b"}',
    ],
    [
      "with a duplicate field",
      () => search("q=a&q=b", urlencoded),
      '422 q: Invalid input: expected string, received array. {"q":["a","b"]}',
    ],
    [
      "with a file in place of text",
      () => search(multipart([["q", new Blob(["a"])]])),
      '422 q: Invalid input: expected string, received File. {"q":{}}',
    ],
    [
      "sent as JSON",
      () => search("{}", "application/json"),
      `415 Send a form with "content-type: ${urlencoded}", not "application/json".`,
    ],
    [
      "with malformed multipart/form-data",
      () => search("--x\r\ngarbage", "multipart/form-data; boundary=x"),
      "400 The body can't be read as a form.",
    ],
  ];
  for (const [what, send, answer] of wrong)
    it(`rejects a form ${what} with the route's own response`, async () => {
      const answered = (await send()).replace("The form is invalid: ", "");
      assert.equal(answered, answer);
    });
});
