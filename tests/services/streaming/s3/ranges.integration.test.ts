import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MediaFile } from "../../../../services/streaming/media/media-store.ts";
import { openBucket } from "../../../../services/streaming/media/s3/store.ts";
import { useS3 } from "../../../support/s3-server.ts";
import { useTcpProxies } from "../../../support/tcp-proxy.ts";

const MiB = 1 << 20;

describe("S3 bucket: ranges", () => {
  const s3 = useS3();
  const proxyTo = useTcpProxies();
  const content = randomBytes(64 * MiB);
  let file: MediaFile;

  before(async () => {
    await s3().put("large.mp4", content, "video/mp4");
    const found = await openBucket(s3().options).find("large.mp4");
    assert.ok(found);
    file = found;
  });

  const last = content.length - 1;
  for (const [what, start, end] of [
    ["the first byte", 0, 0],
    ["the last byte", last, last],
    ["one byte in the middle", 12_345_678, 12_345_678],
    ["1 MiB in the middle", 31 * MiB + 17, 32 * MiB + 16],
    ["the last MiB", last - MiB + 1, last],
    ["the whole file", 0, last],
  ] as const)
    it(`reads ${what}`, async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.read(start, end)) chunks.push(chunk);
      const got = Buffer.concat(chunks);
      assert.equal(got.length, end - start + 1);
      assert.ok(got.equals(content.subarray(start, end + 1)));
    });

  it("reads 100 ranges concurrently", async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const start = i * 600_001;
        let next = start;
        for await (const chunk of file.read(start, start + 199_999)) {
          const end = next + chunk.length;
          assert.ok(content.subarray(next, end).equals(chunk));
          next = end;
        }
        assert.equal(next, start + 200_000);
      }),
    );
  });

  it("reuses one connection for consecutive reads", async () => {
    const proxy = await proxyTo(s3().options.endpoint);
    const { url: endpoint } = proxy;
    const store = openBucket({ ...s3().options, endpoint });
    const found = await store.find("large.mp4");
    assert.ok(found);
    for (let i = 0; i < 20; i++)
      for await (const _ of found.read(i * MiB, i * MiB + 99_999));
    // One for lookups, one for reads.
    assert.equal(proxy.opened(), 2);
  });

  it("sends no request before the stream is read", async () => {
    const proxy = await proxyTo(s3().options.endpoint);
    const { url: endpoint } = proxy;
    const store = openBucket({ ...s3().options, endpoint });
    const found = await store.find("large.mp4");
    const before = proxy.bytes();
    const stream = found?.read(0, last);
    await delay(100); // long enough for a request
    assert.equal(proxy.bytes(), before);
    await stream?.cancel();
    assert.equal(proxy.opened(), 1);
  });
});
