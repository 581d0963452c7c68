import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  MediaChangedError,
  MediaUnavailableError,
} from "../../../../services/streaming/media/media-store.ts";
import { openBucket } from "../../../../services/streaming/media/s3/store.ts";
import { useS3 } from "../../../support/s3-server.ts";
import { useTcpProxies } from "../../../support/tcp-proxy.ts";

const MiB = 1 << 20;

describe("S3 bucket: interrupted reads", () => {
  const s3 = useS3();
  const proxyTo = useTcpProxies();
  const content = randomBytes(32 * MiB);

  beforeEach(() => s3().put("a.mp4", content, "video/mp4"));

  async function open(endpoint = s3().options.endpoint, changed = {}) {
    const store = openBucket({ ...s3().options, endpoint, ...changed });
    const file = await store.find("a.mp4");
    assert.ok(file);
    return { store, file };
  }

  /** Reads to the end, and asserts that every byte is right. */
  async function readOn(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    start = 0,
    end = content.length,
  ) {
    for (let next = start; ; ) {
      const { value, done } = await reader.read();
      if (done) return assert.equal(next, end);
      assert.ok(content.subarray(next, next + value.length).equals(value));
      next += value.length;
    }
  }

  it("resumes after each broken connection", async () => {
    const proxy = await proxyTo(s3().options.endpoint);
    const { file } = await open(proxy.url);
    proxy.cutAfter(3_000_003);
    await readOn(file.read(5, 20_000_000).getReader(), 5, 20_000_001);
    assert.ok(proxy.opened() >= 7 && proxy.opened() < 12, `${proxy.opened()}`);
  });

  it("resumes after a connection stalls", async () => {
    const proxy = await proxyTo(s3().options.endpoint);
    const { file } = await open(proxy.url, { stallSeconds: 0.3 });
    const reader = file.read(0, content.length - 1).getReader();
    const { value } = await reader.read();
    proxy.drop();
    await readOn(reader, value?.length);
  });

  it("resumes after the server crashed and restarted", async () => {
    const { file } = await open(undefined, { timeoutSeconds: 30 });
    const reader = file.read(0, content.length - 1).getReader();
    const { value } = await reader.read();
    await s3().kill();
    const back = delay(700).then(() => s3().restart());
    await readOn(reader, value?.length);
    await back;
  });

  it("fails with MediaUnavailableError when the server crashed and stays down", async () => {
    const { file } = await open(undefined, { timeoutSeconds: 0.8 });
    const reader = file.read(0, content.length - 1).getReader();
    const { value } = await reader.read();
    await s3().kill();
    try {
      await assert.rejects(readOn(reader, value?.length), (error) => {
        assert.ok(error instanceof MediaUnavailableError);
        assert.match(error.message, /^The bucket "titles" at .*ECONNREFUSED/);
        return true;
      });
    } finally {
      await s3().restart();
    }
  });

  it("fails with MediaChangedError when the file was replaced before the read, and finds the new file next", async () => {
    const { store, file } = await open();
    await s3().put("a.mp4", Buffer.from("another"));
    await assert.rejects(file.read(0, 9).getReader().read(), (error) => {
      assert.ok(error instanceof MediaChangedError);
      assert.equal(error.message, "a.mp4 was replaced while it was read.");
      return true;
    });
    // A new lookup returns the new file, not the cached one.
    assert.equal((await store.find("a.mp4"))?.size, 7);
  });

  it("fails with MediaChangedError when the file is replaced during the read, and returns no bytes of the new file", async () => {
    const proxy = await proxyTo(s3().options.endpoint);
    const { file } = await open(proxy.url);
    const reader = file.read(0, content.length - 1).getReader();
    const { value } = await reader.read();
    await s3().put("a.mp4", randomBytes(content.length));
    proxy.cut();
    // The bytes before the failure are the old file's.
    await assert.rejects(readOn(reader, value?.length), MediaChangedError);
  });

  it("fails with MediaChangedError when the file was removed", async () => {
    const { store, file } = await open();
    await s3().remove("a.mp4");
    await assert.rejects(file.read(0, 9).getReader().read(), {
      name: "MediaChangedError",
      message: "a.mp4 was removed while it was read.",
    });
    assert.equal(await store.find("a.mp4"), undefined);
  });
});
