import assert from "node:assert/strict";
import { problemOf } from "../../../support/problem.ts";
import { mediaFiles } from "../../../support/streaming/media.ts";
import { useStreaming } from "../../../support/streaming/service.ts";

describe("GET /titles", () => {
  const replicas = useStreaming();
  const get = (path: string, headers: Record<string, string> = {}) =>
    replicas.first.app.request(path, { headers });

  it("lists every title with its duration, size and pictures", async () => {
    const response = await get("/titles");
    assert.equal(response.status, 200);
    const { featured, data } = await response.json();
    assert.equal(featured, "metropolis");
    assert.deepEqual(data[0], {
      ...{ id: "metropolis", name: "Metropolis", year: 1927, genre: "Drama" },
      tagline: "Metropolis, & more",
      description: "All of <Metropolis>.",
      ...{ duration: 100, size: 200_000 },
      poster: "/titles/metropolis/poster",
      backdrop: "/titles/metropolis/backdrop",
    });
    assert.deepEqual(
      data.map(({ id }: { id: string }) => id),
      ["metropolis", "sunrise"],
    );
  });

  it("allows caches to keep the list for a minute, and returns 304 when it is unchanged", async () => {
    const { headers } = await get("/titles");
    assert.equal(headers.get("cache-control"), "public, max-age=60");
    const etag = headers.get("etag") ?? "";
    const again = await get("/titles", { "if-none-match": etag });
    assert.equal(again.status, 304);
  });

  for (const picture of ["poster", "backdrop"])
    it(`serves a ${picture} that public caches may keep`, async () => {
      const response = await get(`/titles/metropolis/${picture}`);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "image/jpeg");
      assert.equal(
        response.headers.get("cache-control"),
        "public, max-age=86400",
      );
      assert.deepEqual(
        Buffer.from(await response.arrayBuffer()),
        mediaFiles[`metropolis/${picture}.jpg`],
      );
    });

  it("returns 404 for the poster of an unknown title", async () => {
    await problemOf(await get("/titles/vertigo/poster"), 404);
  });
});
