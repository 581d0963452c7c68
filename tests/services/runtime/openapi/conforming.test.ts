import assert from "node:assert/strict";
import type { Context } from "hono";
import * as z from "zod";
import {
  createApi,
  createService,
  problem,
} from "../../../../services/runtime/index.ts";
import type { Document } from "../../../../services/runtime/openapi/api.ts";
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

/** A service whose one route may answer other than it says. */
function answering(answer: (c: Context) => Response) {
  const service = createService();
  const api = createApi({ title: "T", version: "1", description: "Test." });
  api.route(
    {
      method: "get",
      path: "/seats/:row",
      summary: "A seat",
      request: { param: z.object({ row: z.string() }) },
      responses: {
        200: { description: "It.", schema: Seat },
        201: "Sold.",
        204: "Nobody's.",
      },
    },
    answer,
  );
  service.app.get("/page", (c) => c.text("page"));
  service.app.route("/", api.app);
  return service.app;
}

const ask = (answer: (c: Context) => Response, path = "/seats/1") =>
  conforming(answering(answer)).request(path);

describe("A response conforms to its service's document", () => {
  const good: [string, (c: Context) => Response][] = [
    ["a body of the schema", (c) => c.json(seat)],
    [
      "a body with all that it may have",
      (c) =>
        c.json({
          ...seat,
          price: "free",
          at: "2025-01-02T03:04:05Z",
          next: [seat],
        }),
    ],
    ["no body where there is none", (c) => c.body(null, 204)],
    ["a problem", (c) => problem(c, 404, "There is no such seat.")],
  ];
  for (const [what, answer] of good)
    it(`with ${what}`, async () => {
      await ask(answer);
    });

  it("to HEAD as to GET", async () => {
    const app = conforming(answering((c) => c.json(seat)));
    await app.request("/seats/1", { method: "HEAD" });
  });

  it("where the document has nothing: 404 and 405", async () => {
    const app = conforming(answering((c) => c.json(seat)));
    assert.equal((await app.request("/nowhere")).status, 404);
    const response = await app.request("/seats/1", { method: "PUT" });
    assert.equal(response.status, 405);
  });

  it("at paths that all services have, or that are named", async () => {
    const app = conforming(
      answering((c) => c.json(seat)),
      ["/page"],
    );
    for (const path of ["/page?a=b", "/livez", "/metrics", "/openapi.json"])
      assert.equal((await app.request(path)).status, 200);
  });

  it("and can still be read", async () => {
    const response = await ask((c) => c.json(seat));
    assert.deepEqual(await response.json(), seat);
  });
});

describe("A response does not conform to its service's document", () => {
  const bad: [string, (c: Context) => Response, RegExp][] = [
    ["another status", (c) => c.json(seat, 202), /202; the document has: 200/],
    ["another type", (c) => c.text("seat"), /as "text\/plain"; the document/],
    ["a body where there is none", (c) => c.json(seat, 201), /with a body/],
    ["a field less", (c) => c.json({ ...seat, row: undefined }), /row/],
    ["a field more", (c) => c.json({ ...seat, colour: "red" }), /colour/],
    ["another type of field", (c) => c.json({ ...seat, row: "1" }), /row/],
    ["a number out of range", (c) => c.json({ ...seat, row: 0 }), /row/],
    ["half a number", (c) => c.json({ ...seat, row: 1.5 }), /row/],
    ["a word not in the list", (c) => c.json({ ...seat, side: "up" }), /side/],
    ["nothing of a union", (c) => c.json({ ...seat, price: "cheap" }), /price/],
    [
      "a time without a zone",
      (c) => c.json({ ...seat, at: "2025-01-02T03:04:05" }),
      /at/,
    ],
    [
      "no field that has a default",
      (c) => c.json({ ...seat, sold: undefined }),
      /sold/,
    ],
    [
      "a mistake further in",
      (c) => c.json({ ...seat, next: [{ ...seat, row: 0 }] }),
      /next\[0\]\.row/,
    ],
    [
      "a list that is too long",
      (c) => c.json({ ...seat, next: [seat, seat, seat] }),
      /next/,
    ],
    ["a list for an object", (c) => c.json([seat]), /expected object/],
  ];
  for (const [what, answer, message] of bad)
    it(`with ${what}`, async () => {
      await assert.rejects(ask(answer), message);
    });

  it("where it is of a route that the document has not", async () => {
    await assert.rejects(
      ask((c) => c.json(seat), "/page"),
      /GET \/page answered 200, but is not in the document/,
    );
  });
});

describe("A document is not as OpenAPI demands", () => {
  const bad: [string, (document: Document) => void, RegExp][] = [
    [
      "with a reference to nothing",
      ({ components }) => delete components.schemas.Title,
      /#\/components\/schemas\/Title is nowhere/,
    ],
    [
      "with an operationId twice",
      ({ paths }) =>
        Object.assign(paths["/titles"]?.get ?? {}, { operationId: "addTitle" }),
      /operationIds/,
    ],
    [
      "with a parameter that is not declared",
      ({ paths }) => delete paths["/titles/{id}"]?.delete?.parameters,
      /deleteTitlesId: parameters in the path/,
    ],
    [
      "with two paths that are the same",
      ({ paths }) => Object.assign(paths, { "/titles/{name}": {} }),
      /parameters' names/,
    ],
    [
      "with a response without words",
      ({ components }) =>
        Object.assign(components.responses.Failed ?? {}, { description: "" }),
      /500 has no description/,
    ],
    [
      "with security that is not explained",
      ({ components }) => delete components.securitySchemes,
      /no scheme session/,
    ],
  ];
  for (const [what, spoil, message] of bad)
    it(what, async () => {
      const document = await documentOf(createShelf().app);
      spoil(document);
      assert.throws(() => checkDocument(document), message);
    });
});
