import assert from "node:assert/strict";
import { createService } from "../../../../packages/service-kit/index.ts";

describe("/favicon.ico", () => {
  const get = async (init: RequestInit = {}) => {
    const { app } = createService();
    return app.request("/favicon.ico", init);
  };

  it("returns an ICO file that may be cached for a day", async () => {
    const { status, headers } = await get();
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "image/x-icon");
    assert.equal(headers.get("cache-control"), "public, max-age=86400");
  });

  it("contains images of 16, 32 and 48 pixels", async () => {
    const file = Buffer.from(await (await get()).arrayBuffer());
    assert.deepEqual([...file.subarray(0, 4)], [0, 0, 1, 0]);
    const sizes = [0, 1, 2].map((i) => {
      const entry = file.subarray(6 + 16 * i);
      const [length, at] = [entry.readUInt32LE(8), entry.readUInt32LE(12)];
      const png = file.subarray(at, at + length);
      assert.equal(png.subarray(1, 4).toString(), "PNG");
      assert.equal(png.subarray(-8, -4).toString(), "IEND");
      assert.equal(png.readUInt32BE(16), entry[0]);
      return entry[0];
    });
    assert.deepEqual(sizes, [16, 32, 48]);
    assert.equal(file.readUInt16LE(4), sizes.length);
  });

  it("accepts HEAD and rejects POST", async () => {
    assert.equal((await get({ method: "HEAD" })).status, 200);
    assert.equal((await get({ method: "POST" })).status, 405);
  });
});
