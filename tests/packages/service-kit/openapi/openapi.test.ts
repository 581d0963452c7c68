import assert from "node:assert/strict";
import { checkDocument, documentOf } from "../../../support/openapi.ts";
import { createShelf } from "../../../support/programs/shelf.ts";

const { app } = createShelf();

const shared = (name: string) => ({ $ref: `#/components/responses/${name}` });
const problem = {
  "application/problem+json": {
    schema: { $ref: "#/components/schemas/Problem" },
  },
};
const always = {
  500: shared("InternalServerError"),
  503: shared("Unavailable"),
};

describe("GET /openapi.json", () => {
  it("returns cacheable JSON, and 304 for its entity tag", async () => {
    const response = await app.request("/openapi.json");
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("cache-control"), "public, max-age=300");
    const tag = response.headers.get("etag") ?? "";
    const again = await app.request("/openapi.json", {
      headers: { "if-none-match": tag },
    });
    assert.equal(again.status, 304);
  });

  it("returns a valid OpenAPI 3.1 document", async () => {
    checkDocument(await documentOf(app));
  });

  it("includes the service's info and a relative server URL", async () => {
    const { openapi, info, servers } = await documentOf(app);
    assert.deepEqual(
      { openapi, info, servers },
      {
        openapi: "3.1.1",
        info: {
          title: "Shelf",
          version: "1.2.3",
          description: "What there is to watch.",
        },
        servers: [{ url: "/" }],
      },
    );
  });

  it("documents a route's security, body and responses", async () => {
    const { paths } = await documentOf(app);
    assert.deepEqual(paths["/titles"]?.post, {
      operationId: "addTitle",
      summary: "Add a title",
      tags: ["titles"],
      security: [{ session: [] }],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: {
                name: { type: "string", minLength: 1, maxLength: 64 },
                stars: { type: "integer", minimum: 1, maximum: 5 },
              },
              required: ["name"],
              additionalProperties: false,
            },
          },
        },
      },
      responses: {
        201: {
          description: "Added.",
          headers: {
            Location: {
              description: "Where it is.",
              schema: { type: "string" },
            },
          },
          content: {
            "application/json": {
              schema: { $ref: "#/components/schemas/Title" },
            },
          },
        },
        400: shared("Unreadable"),
        401: { description: "Nobody is signed in.", content: problem },
        413: shared("TooLarge"),
        415: shared("UnsupportedMediaType"),
        422: shared("UnprocessableContent"),
        ...always,
      },
    });
  });

  it("documents query fields and headers as parameters", async () => {
    const { paths } = await documentOf(app);
    assert.deepEqual(paths["/titles"]?.get, {
      operationId: "getTitles",
      summary: "Find titles",
      description: "All that have *every* tag.",
      parameters: [
        {
          name: "x-region",
          in: "header",
          required: false,
          schema: { type: "string", enum: ["eu", "us"] },
        },
        {
          name: "tag",
          in: "query",
          required: false,
          schema: { type: "array", items: { type: "string" }, maxItems: 2 },
        },
        {
          name: "limit",
          in: "query",
          required: false,
          schema: { type: "integer", minimum: 1, maximum: 100, default: 20 },
        },
      ],
      responses: {
        200: {
          description: "Found.",
          content: {
            "application/json": {
              schema: {
                type: "array",
                items: { $ref: "#/components/schemas/Title" },
              },
            },
          },
        },
        422: shared("UnprocessableContent"),
        ...always,
      },
    });
  });

  it("documents path parameters, and no content for responses without a body", async () => {
    const { paths } = await documentOf(app);
    const { parameters = [], responses } =
      paths["/titles/{id}"]?.delete ?? assert.fail();
    const [{ name, required, schema, ...rest } = assert.fail(), ...more] =
      parameters;
    assert.deepEqual(
      [name, required, schema.format, rest.in, more],
      ["id", true, "uuid", "path", []],
    );
    assert.deepEqual(responses, {
      204: { description: "It is gone." },
      404: shared("NotFound"),
      ...always,
    });
  });

  it("documents a form in both form media types, and a page as text/html", async () => {
    const { paths } = await documentOf(app);
    const { requestBody, responses } = paths["/search"]?.post ?? assert.fail();
    const form = {
      schema: {
        type: "object",
        properties: {
          q: { type: "string", minLength: 1 },
          tag: { type: "array", items: { type: "string" } },
        },
        required: ["q"],
        additionalProperties: false,
      },
    };
    assert.deepEqual(requestBody?.content, {
      "application/x-www-form-urlencoded": form,
      "multipart/form-data": form,
    });
    const page = { "text/html": {} };
    assert.deepEqual(responses, {
      200: { description: "What was found.", content: page },
      400: { description: "No form.", content: page },
      413: shared("TooLarge"),
      415: { description: "No form.", content: page },
      422: { description: "The form, and why.", content: page },
      ...always,
    });
  });

  it("defines shared schemas and responses once, by name", async () => {
    const { schemas, responses } = (await documentOf(app)).components;
    assert.deepEqual(Object.keys(schemas).sort(), ["Problem", "Title"]);
    const { properties = {} } = schemas.Title ?? {};
    const { id, added, ...simple } = properties as Record<
      string,
      { format?: string }
    >;
    assert.deepEqual([id?.format, added?.format], ["uuid", "date-time"]);
    assert.deepEqual(
      { ...schemas.Title, properties: simple },
      {
        type: "object",
        description: "Something to watch.",
        properties: {
          name: {
            type: "string",
            minLength: 1,
            description: "As on the poster.",
          },
          tags: { type: "array", items: { type: "string" }, default: [] },
        },
        required: ["id", "name", "added", "tags"],
        additionalProperties: false,
      },
    );
    assert.deepEqual(responses.Unavailable, {
      description: "The service is temporarily unavailable.",
      headers: {
        "Retry-After": {
          description: "Seconds to wait.",
          schema: { type: "string" },
        },
      },
      content: problem,
    });
  });

  it("omits the JSON Schema keywords $schema, $id and $defs", async () => {
    const text = await (await app.request("/openapi.json")).text();
    assert.doesNotMatch(text, /"\$(schema|id|defs)"/);
  });
});
