import assert from "node:assert/strict";
import { problemOf } from "../../../support/problem.ts";
import { mediaFiles } from "../../../support/streaming/media.ts";
import { useStreaming } from "../../../support/streaming/service.ts";

describe("GET /titles", () => {
  const replicas = useStreaming();
  const get = (path: string, headers: Record<string, string> = {}) =>
    replicas.first.app.request(path, { headers });

  it("says to everybody what there is, with durations, sizes and pictures", async () => {
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

  it("may be kept for a minute, and is not sent again where it is the same", async () => {
    const { headers } = await get("/titles");
    assert.equal(headers.get("cache-control"), "public, max-age=60");
    const etag = headers.get("etag") ?? "";
    const again = await get("/titles", { "if-none-match": etag });
    assert.equal(again.status, 304);
  });

  for (const picture of ["poster", "backdrop"])
    it(`leads to a ${picture} that everybody may see and keep`, async () => {
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

  it("leads to no pictures of what is not there", async () => {
    await problemOf(await get("/titles/vertigo/poster"), 404);
  });
});
