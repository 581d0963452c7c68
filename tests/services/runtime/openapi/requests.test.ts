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

describe("A route's JSON body", () => {
  it("reaches the handler as its schema makes it", async () => {
    const response = await add({ name: " Heat ", stars: 5 });
    assert.equal(response.status, 201);
    const { name, tags } = (await response.json()) as Record<string, unknown>;
    assert.deepEqual([name, tags], ["Heat", ["5 stars", "ann"]]);
  });

  it("is refused with every mistake", async () => {
    assert.deepEqual(await errorsOf(await add({ stars: 1.5, year: 1995 })), [
      "/name is missing",
      "/stars is not a whole number",
      "/year is not expected",
    ]);
  });

  it("is refused where it is no JSON", async () => {
    await problemOf(await add("{"), 400);
    await problemOf(await add("", { "content-type": "text/plain" }), 415);
  });

  it("is refused where it is too large", async () => {
    await problemOf(await add({ name: "x".repeat(1024) }), 413);
  });

  it("is not looked at before a middleware has let it through", async () => {
    await problemOf(await add("{", { "x-user": "" }), 401);
  });
});

describe("A route's query", () => {
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

  it("reaches the handler as its schema makes it", async () => {
    assert.deepEqual(await found(await find("")), ["20 in anywhere", []]);
    assert.deepEqual(await found(await find("?limit=7&tag=a%20b&tag=c")), [
      "7 in anywhere",
      ["a b", "c"],
    ]);
  });

  it("has a list also where there is one in it", async () => {
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
    it(`${query} is refused`, async () => {
      assert.deepEqual(await errorsOf(await find(query)), errors);
    });

  it("is refused in a sentence", async () => {
    const { detail } = await problemOf(await find("?a=1&limit=x"), 422);
    assert.equal(
      detail,
      "The query is not as expected: limit: is not a number; a: is not expected.",
    );
  });

  it("comes with headers, which are looked at as well", async () => {
    const [name] = await found(await find("", { "X-Region": "eu" }));
    assert.equal(name, "20 in eu");
    const { detail } = await problemOf(
      await find("", { "x-region": "mars" }),
      422,
    );
    assert.match(detail, /^The headers are not as expected: x-region: /);
  });
});

describe("A route's path", () => {
  const remove = (id: string) =>
    app.request(`/titles/${id}`, { method: "DELETE" });

  it("reaches the handler where it is as expected", async () => {
    const id = "018f3c1e-7f00-7000-8000-000000000001";
    assert.equal((await remove(id)).status, 204);
  });

  it("is that of nothing where it is not", async () => {
    const { detail } = await problemOf(await remove("1"), 404);
    assert.equal(detail, "There is nothing at /titles/1.");
  });
});

describe("A route's form", () => {
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
    ["of a page", () => search(new URLSearchParams({ q: "ü&" })), "ü&: "],
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
      "in parts",
      () => search(multipart([...Object.entries({ q: "a", tag: "b" })])),
      "a: b",
    ],
    [
      "with its type in capitals",
      () => search("q=a", "Application/X-WWW-Form-URLEncoded; Charset=UTF-8"),
      "a: ",
    ],
  ];
  for (const [what, send, answer] of good)
    it(`${what} reaches the handler`, async () => {
      assert.equal(await send(), `200 ${answer}`);
    });

  const wrong: [string, () => Promise<string>, string][] = [
    ["without a field", () => search("", urlencoded), "422 q: is missing. {}"],
    [
      "with an empty one",
      () => search("q=", urlencoded),
      '422 q: is empty. {"q":""}',
    ],
    [
      "with one too many",
      () => search("q=a&r=b", urlencoded),
      '422 r: is not expected. {"q":"a","r":"b"}',
    ],
    [
      "with a field twice",
      () => search("q=a&q=b", urlencoded),
      '422 q: Invalid input: expected string, received array. {"q":["a","b"]}',
    ],
    [
      "with a file for a text",
      () => search(multipart([["q", new Blob(["a"])]])),
      '422 q: Invalid input: expected string, received File. {"q":{}}',
    ],
    [
      "that is JSON",
      () => search("{}", "application/json"),
      `415 Send a form with "content-type: ${urlencoded}", not "application/json".`,
    ],
    [
      "in broken parts",
      () => search("--x\r\ngarbage", "multipart/form-data; boundary=x"),
      "400 The body can't be read as a form.",
    ],
  ];
  for (const [what, send, answer] of wrong)
    it(`${what} is refused as the route has it`, async () => {
      const answered = (await send()).replace(
        "The form is not as expected: ",
        "",
      );
      assert.equal(answered, answer);
    });
});
