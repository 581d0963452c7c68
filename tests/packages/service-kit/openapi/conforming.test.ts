import assert from "node:assert/strict";
import type { Context } from "hono";
import * as z from "zod";
import {
  createApi,
  createService,
  problem,
} from "../../../../packages/service-kit/index.ts";
import type { Document } from "../../../../packages/service-kit/openapi/api.ts";
import type { ResponseDescriptions } from "../../../../packages/service-kit/openapi/route.ts";
import {
  checkDocument,
  conforming,
  documentOf,
} from "../../../support/openapi.ts";
import { createShelf } from "../../../support/programs/shelf.ts";

const Seat: z.ZodType = z
  .strictObject({
    row: z.int().min(1),
    side: z.enum(["left", "right"]),
    note: z.string().nullable(),
    price: z.union([z.int(), z.literal("free")]).optional(),
    sold: z.boolean().default(false),
    at: z.iso.datetime().optional(),
    get next() {
      return z.array(Seat).max(2).optional();
    },
  })
  .meta({ id: "ConformingTestSeat" });

const seat = { row: 1, side: "left", note: null, sold: true };

/** A service with one route, whose response may contradict its document. */
function answering(answer: (c: Context) => Response) {
  const service = createService();
  const api = createApi({ title: "T", version: "1", description: "Test." });
  // The type hides the statuses from the compiler, which would reject such a handler.
  const responses: ResponseDescriptions = {
    200: { description: "It.", schema: Seat },
    201: "Sold.",
    204: "Nobody's.",
  };
  api.route(
    {
      method: "get",
      path: "/seats/:row",
      summary: "A seat",
      request: { param: z.object({ row: z.string() }) },
      responses,
    },
    answer,
  );
  service.app.get("/page", (c) => c.text("page"));
  service.app.route("/", api.app);
  return service.app;
}

const ask = (answer: (c: Context) => Response, path = "/seats/1") =>
  conforming(answering(answer)).request(path);

describe("conforming: valid responses", () => {
  const good: [string, (c: Context) => Response][] = [
    ["a body that matches the schema", (c) => c.json(seat)],
    [
      "a body with all optional fields",
      (c) =>
        c.json({
          ...seat,
          price: "free",
          at: "2025-01-02T03:04:05Z",
          next: [seat],
        }),
    ],
    ["an empty body for a response without content", (c) => c.body(null, 204)],
    ["a problem", (c) => problem(c, 404, "There is no such seat.")],
  ];
  for (const [what, answer] of good)
    it(`accepts ${what}`, async () => {
      await ask(answer);
    });

  it("accepts HEAD for GET", async () => {
    const app = conforming(answering((c) => c.json(seat)));
    await app.request("/seats/1", { method: "HEAD" });
  });

  it("accepts 404 and 405 for undocumented paths and methods", async () => {
    const app = conforming(answering((c) => c.json(seat)));
    assert.equal((await app.request("/nowhere")).status, 404);
    const response = await app.request("/seats/1", { method: "PUT" });
    assert.equal(response.status, 405);
  });

  it("accepts the paths that all services have, and those passed to it", async () => {
    const app = conforming(
      answering((c) => c.json(seat)),
      ["/page"],
    );
    for (const path of ["/page?a=b", "/livez", "/metrics", "/openapi.json"])
      assert.equal((await app.request(path)).status, 200);
  });

  it("leaves the response's body readable", async () => {
    const response = await ask((c) => c.json(seat));
    assert.deepEqual(await response.json(), seat);
  });
});

describe("conforming: invalid responses", () => {
  const bad: [string, (c: Context) => Response, RegExp][] = [
    [
      "an undocumented status",
      (c) => c.json(seat, 202),
      /202; the document has: 200/,
    ],
    [
      "an undocumented media type",
      (c) => c.text("seat"),
      /as "text\/plain"; the document/,
    ],
    [
      "a body of a response without content",
      (c) => c.json(seat, 201),
      /with a body/,
    ],
    ["a missing field", (c) => c.json({ ...seat, row: undefined }), /row/],
    [
      "an unexpected field",
      (c) => c.json({ ...seat, colour: "red" }),
      /colour/,
    ],
    ["a field of another type", (c) => c.json({ ...seat, row: "1" }), /row/],
    ["a number out of range", (c) => c.json({ ...seat, row: 0 }), /row/],
    ["a fraction for an integer", (c) => c.json({ ...seat, row: 1.5 }), /row/],
    [
      "a string that is not in the enum",
      (c) => c.json({ ...seat, side: "up" }),
      /side/,
    ],
    [
      "a value of no type in a union",
      (c) => c.json({ ...seat, price: "cheap" }),
      /price/,
    ],
    [
      "a time without a zone",
      (c) => c.json({ ...seat, at: "2025-01-02T03:04:05" }),
      /at/,
    ],
    [
      "a missing field that has a default",
      (c) => c.json({ ...seat, sold: undefined }),
      /sold/,
    ],
    [
      "a mistake in a nested object",
      (c) => c.json({ ...seat, next: [{ ...seat, row: 0 }] }),
      /next\[0\]\.row/,
    ],
    [
      "a list that is too long",
      (c) => c.json({ ...seat, next: [seat, seat, seat] }),
      /next/,
    ],
    ["a list in place of an object", (c) => c.json([seat]), /expected object/],
  ];
  for (const [what, answer, message] of bad)
    it(`rejects ${what}`, async () => {
      await assert.rejects(ask(answer), message);
    });

  it("rejects a response of an undocumented route", async () => {
    await assert.rejects(
      ask((c) => c.json(seat), "/page"),
      /GET \/page responded with 200, but is not in the document/,
    );
  });
});

describe("checkDocument", () => {
  const bad: [string, (document: Document) => void, RegExp][] = [
    [
      "a reference to a schema that does not exist",
      ({ components }) => delete components.schemas.Title,
      /#\/components\/schemas\/Title is nowhere/,
    ],
    [
      "a duplicate operationId",
      ({ paths }) =>
        Object.assign(paths["/titles"]?.get ?? {}, { operationId: "addTitle" }),
      /operationIds/,
    ],
    [
      "an undeclared path parameter",
      ({ paths }) => delete paths["/titles/{id}"]?.delete?.parameters,
      /deleteTitlesId: parameters in the path/,
    ],
    [
      "two paths that differ only in a parameter's name",
      ({ paths }) => Object.assign(paths, { "/titles/{name}": {} }),
      /parameters' names/,
    ],
    [
      "a response without a description",
      ({ components }) =>
        Object.assign(components.responses.InternalServerError ?? {}, {
          description: "",
        }),
      /500 has no description/,
    ],
    [
      "an undefined security scheme",
      ({ components }) => delete components.securitySchemes,
      /no scheme session/,
    ],
  ];
  for (const [what, spoil, message] of bad)
    it(`rejects ${what}`, async () => {
      const document = await documentOf(createShelf().app);
      spoil(document);
      assert.throws(() => checkDocument(document), message);
    });
});
