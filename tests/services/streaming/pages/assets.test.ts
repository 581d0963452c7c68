import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createService } from "@marquee/service-kit";
import {
  assetRoutes,
  readScripts,
} from "../../../../services/streaming/routes/assets.ts";
import { problemOf } from "../../../support/problem.ts";

const streaming = join(import.meta.dirname, "../../../../services/streaming");
const style = readFileSync(join(streaming, "assets/style.css"));

describe("GET /assets/:name", () => {
  const { app, start } = createService();
  before(async () => {
    const scripts = await readScripts(join(streaming, "browser"));
    app.route("/", assetRoutes(join(streaming, "assets"), scripts));
    await start();
  });
  const get = (name: string, headers: Record<string, string> = {}) =>
    app.request(`/assets/${name}`, { headers });

  it("serves the stylesheet, uncompressed and gzipped", async () => {
    const plain = await get("style.css");
    assert.equal(plain.headers.get("content-type"), "text/css; charset=utf-8");
    assert.equal(plain.headers.get("content-encoding"), null);
    assert.deepEqual(Buffer.from(await plain.arrayBuffer()), style);
    const smaller = await get("style.css", { "accept-encoding": "br, gzip" });
    assert.equal(smaller.headers.get("content-encoding"), "gzip");
    const bytes = Buffer.from(await smaller.arrayBuffer());
    assert.ok(bytes.length < style.length / 2);
    assert.deepEqual(gunzipSync(bytes), style);
    assert.notEqual(plain.headers.get("etag"), smaller.headers.get("etag"));
    for (const { headers } of [plain, smaller])
      assert.equal(headers.get("vary"), "accept-encoding");
  });

  it("does not compress when the client does not accept gzip", async () => {
    for (const encoding of ["gzip;q=0", "identity", "br"]) {
      const { headers } = await get("style.css", {
        "accept-encoding": encoding,
      });
      assert.equal(headers.get("content-encoding"), null, encoding);
    }
  });

  it("requires revalidation, and returns 304 for an unchanged file", async () => {
    const { headers } = await get("style.css");
    assert.equal(headers.get("cache-control"), "no-cache");
    const etag = headers.get("etag") ?? "";
    const again = await get("style.css", { "if-none-match": `"a", ${etag}` });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), "");
  });

  for (const name of ["player", "card", "waiting"])
    it(`serves ${name}.js as one file without imports`, async () => {
      const response = await get(`${name}.js`);
      assert.match(
        response.headers.get("content-type") ?? "",
        /^text\/javascript/,
      );
      assert.doesNotMatch(await response.text(), /^import\b/m);
    });

  it("serves the icon as SVG", async () => {
    const response = await get("icon.svg");
    assert.equal(response.headers.get("content-type"), "image/svg+xml");
  });

  for (const name of ["nothing.css", "titles", "..%2fserver.ts", "player.ts"])
    it(`returns 404 for ${name}`, async () => {
      await problemOf(await get(name), 404);
    });
});
