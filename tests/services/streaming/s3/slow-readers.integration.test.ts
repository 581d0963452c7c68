import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { openBucket } from "../../../../services/streaming/media/s3/store.ts";
import { runToEnd, stopPrograms } from "../../../support/program.ts";
import { useS3 } from "../../../support/s3-server.ts";
import { slope } from "../../../support/slope.ts";
import { type TcpProxy, useTcpProxies } from "../../../support/tcp-proxy.ts";

const MiB = 1 << 20;

/** Waits until no bytes have come for this many milliseconds. */
async function untilQuiet(proxy: TcpProxy, time = 1_000) {
  for (let before = -1; before !== proxy.bytes(); ) {
    before = proxy.bytes();
    await delay(time);
  }
}

describe("S3 bucket: slow readers", () => {
  const s3 = useS3();
  const proxyTo = useTcpProxies();
  stopPrograms();
  const content = randomBytes(64 * MiB);

  before(async () => {
    await s3().put("large.mp4", content, "video/mp4");
  });

  /** Opens a reader of the whole file, over a connection of its own. */
  async function read(changed = {}) {
    const proxy = await proxyTo(s3().options.endpoint);
    const { url: endpoint } = proxy;
    const store = openBucket({ ...s3().options, endpoint, ...changed });
    const file = await store.find("large.mp4");
    assert.ok(file);
    const reader = file.read(0, file.size - 1).getReader();
    return { proxy, store, file, reader };
  }

  it("receives little ahead of a slow reader, and the rest later", async () => {
    const { proxy, reader } = await read();
    const { value } = await reader.read();
    assert.ok(value && value.length <= 256 << 10);
    await untilQuiet(proxy);
    const ahead = proxy.bytes();
    // The kernel's buffers on both sides of the connection; the memory of the process is measured below.
    assert.ok(ahead < 8 * MiB, `${ahead} bytes came for ${value.length}`);
    // The rest comes once it is read.
    let size = value.length;
    for (;;) {
      const { value: chunk, done } = await reader.read();
      if (done) break;
      const end = size + chunk.length;
      assert.ok(content.subarray(size, end).equals(chunk));
      size = end;
    }
    assert.equal(size, content.length);
  });

  it("keeps the connection while a reader pauses for longer than the stall limit", async () => {
    const { proxy, reader } = await read({ stallSeconds: 2 });
    await reader.read();
    await delay(2_500);
    for (let i = 0; i < 300; i++) assert.ok((await reader.read()).value);
    assert.equal(proxy.opened(), 2);
    await reader.cancel();
  });

  it("resumes when the connection breaks while the reader pauses", async () => {
    const { proxy, reader } = await read();
    let size = (await reader.read()).value?.length ?? 0;
    await untilQuiet(proxy);
    proxy.cut();
    await delay(50);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      assert.ok(content.subarray(size, size + value.length).equals(value));
      size += value.length;
    }
    assert.equal(size, content.length);
  });

  it("closes the connection when the reader cancels", async () => {
    const { proxy, reader } = await read();
    await reader.read();
    assert.equal(proxy.open(), 2);
    await reader.cancel();
    await proxy.untilOpen(1);
    const came = proxy.bytes();
    await delay(100);
    assert.equal(proxy.bytes(), came);
  });

  it("closes the connection when the reader cancels before the response", async () => {
    const { proxy, reader } = await read();
    proxy.freeze();
    const read1 = reader.read();
    await proxy.untilOpen(2);
    await reader.cancel();
    assert.deepEqual(await read1, { value: undefined, done: true });
    await proxy.untilOpen(1);
  });

  it("finds files while a reader holds the only connection", async () => {
    const { reader, store } = await read({ maxConnections: 1 });
    await reader.read();
    await s3().put("other.mp4", Buffer.from("other"));
    assert.ok(await store.find("other.mp4"));
    await reader.cancel();
  });

  it("passes the only connection to a waiting reader, which fails if it waits too long", async () => {
    const { reader, file } = await read({
      maxConnections: 1,
      timeoutSeconds: 4,
    });
    await reader.read();
    const other = () => file.read(0, 9).getReader();
    await assert.rejects(other().read(), {
      name: "MediaUnavailableError",
      message: / is unavailable: all 1 connections are in use\.$/,
    });
    const impatient = other();
    const waits = impatient.read();
    await delay(50);
    await impatient.cancel();
    assert.deepEqual(await waits, { value: undefined, done: true });
    const patient = other().read();
    await delay(50);
    await reader.cancel();
    const { value } = await patient;
    assert.ok(value && content.subarray(0, 10).equals(value));
  });

  it("uses no more memory the more it has read of a file", async () => {
    await s3().put("huge.mp4", Buffer.alloc(256 * MiB, "video"), "video/mp4");
    const { code, stdout, stderr } = await runToEnd(
      "tests/support/programs/streaming-s3.ts",
      {},
      JSON.stringify({ options: s3().options, path: "huge.mp4", pause: 1 }),
    );
    assert.equal(code, 0, stderr);
    const { bytes, points } = JSON.parse(stdout);
    assert.equal(bytes, 256 * MiB);
    assert.equal(points.length, 16);
    // The slope would be 1 if all that is read were kept.
    assert.ok(slope(points) < 1 / 64, JSON.stringify(points));
  });
});
