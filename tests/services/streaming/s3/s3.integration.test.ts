import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import dns from "node:dns";
import { MediaUnavailableError } from "../../../../services/streaming/media/media-store.ts";
import { openBucket } from "../../../../services/streaming/media/s3/store.ts";
import { useClock } from "../../../support/clock.ts";
import { useS3, virtualDomain } from "../../../support/s3-server.ts";
import { useTcpProxies } from "../../../support/tcp-proxy.ts";

const bytes = (text: string) => Buffer.from(text);
const text = (stream: ReadableStream<Uint8Array>) =>
  new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();

describe("S3 bucket: finding files", () => {
  const s3 = useS3();
  const proxyTo = useTcpProxies();
  const clock = useClock();
  const open = (changed = {}) => openBucket({ ...s3().options, ...changed });

  /** Asserts that `find` fails with this message, and that the error contains no secret. */
  const refused = (changed: object, message: RegExp) =>
    assert.rejects(open(changed).find("a.mp4"), (error: Error) => {
      assert.ok(error instanceof MediaUnavailableError);
      assert.match(error.message, message);
      const all = `${error.stack}${JSON.stringify(error)}${error.cause}`;
      assert.ok(!all.includes(s3().options.secretAccessKey));
      assert.ok(!all.includes("wrong-key"), all);
      return true;
    });

  it("returns undefined for a missing file", async () => {
    assert.equal(await open().find("none.mp4"), undefined);
    assert.equal(await open().find("../titles/none.mp4"), undefined);
  });

  it("reports a wrong secret key", () =>
    refused(
      { secretAccessKey: "wrong-key" },
      /403 SignatureDoesNotMatch, the secret access key is wrong/,
    ));

  it("reports an unknown access key", () =>
    refused(
      { accessKeyId: "wrong-key" },
      /it responded with 40\d \w+, the access key does not exist/,
    ));

  it("reports a missing bucket", () =>
    refused(
      { bucket: "nothing" },
      /^The bucket "nothing" at http:\S+ can't be used: .*the bucket does not exist/,
    ));

  it("reports a wrong region", () =>
    refused(
      { region: "eu-west-1" },
      /it responded with 400 AuthorizationHeaderMalformed, the bucket is in region us-east-1, but requests are signed for eu-west-1/,
    ));

  it("returns size, entity tag, type and date, and reads the file", async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    await s3().put("aurora/a.mp4", bytes("aurora"), "video/x-other");
    const file = await open().find("aurora/a.mp4");
    assert.equal(file?.size, 6);
    assert.equal(
      file.etag,
      `"${createHash("md5").update("aurora").digest("hex")}"`,
    );
    assert.equal(file.type, "video/x-other");
    assert.equal(file.modified.getMilliseconds(), 0);
    assert.ok(Math.abs(file.modified.getTime() - before) <= 60_000);
    assert.equal(file.path, undefined);
    assert.equal(await text(file.read(0, 5)), "aurora");
  });

  it("derives the type from the name when the bucket has none", async () => {
    for (const [name, type] of [
      ["a.mp4", "video/mp4"],
      ["a.M3U8", "application/vnd.apple.mpegurl"],
      ["a.unknown", "application/octet-stream"],
      ["none", "application/octet-stream"],
    ] as const) {
      await s3().put(name, bytes("a"), "binary/octet-stream");
      assert.equal((await open().find(name))?.type, type);
    }
  });

  it("reads an empty file", async () => {
    await s3().put("empty.mp4", bytes(""));
    const file = await open().find("empty.mp4");
    assert.equal(file?.size, 0);
    assert.equal(await text(file.read(0, -1)), "");
  });

  it("finds files below the prefix only", async () => {
    await s3().put("deep/er/a.mp4", bytes("deep"));
    const store = open({ prefix: "deep/er" });
    const file = await store.find("a.mp4");
    assert.equal(file && (await text(file.read(0, 3))), "deep");
    assert.equal(await store.find("deep/er/a.mp4"), undefined);
  });

  for (const name of [
    "with space.mp4",
    "Übergrößenträger/映画.mp4",
    "a+b&c=d?e#f.mp4",
    "100%/%2e%2e.mp4",
    "it's (not) *all*!~@:$,;.mp4",
  ])
    it(`finds and reads ${name}`, async () => {
      await s3().put(name, bytes(name));
      const file = await open().find(name);
      assert.ok(file);
      assert.equal(await text(file.read(0, file.size - 1)), name);
    });

  it("finds a file at the host name that starts with the bucket's", async () => {
    await s3().put("a.mp4", bytes("virtual"));
    const { lookup } = dns;
    const { port } = new URL(s3().options.endpoint);
    const hosts: string[] = [];
    // Stands in for a name server.
    dns.lookup = ((host: string, ...rest: [object, () => void]) => {
      hosts.push(host);
      return lookup("127.0.0.1", ...rest);
    }) as typeof lookup;
    try {
      const endpoint = `http://${virtualDomain}:${port}`;
      const file = await open({ endpoint, pathStyle: false }).find("a.mp4");
      assert.equal(file && (await text(file.read(0, 6))), "virtual");
      assert.equal(hosts[0], `titles.${virtualDomain}`);
    } finally {
      dns.lookup = lookup;
    }
  });

  it("looks a file up once for concurrent calls, and again after the cached result expires", async () => {
    await s3().put("a.mp4", bytes("once"));
    const proxy = await proxyTo(s3().options.endpoint);
    const store = open({ endpoint: proxy.url, cacheSeconds: 300 });
    const found = await Promise.all(
      Array.from({ length: 50 }, () => store.find("a.mp4")),
    );
    assert.equal(new Set(found).size, 1);
    const once = proxy.bytes();
    assert.ok(once > 0 && once < 1500, `${once} bytes for one answer`);
    assert.equal(await store.find("a.mp4"), found[0]);
    assert.equal(proxy.bytes(), once);
    await s3().put("a.mp4", bytes("twice"));
    clock.advance(300_000);
    assert.equal((await store.find("a.mp4"))?.size, 5);
    assert.equal(proxy.opened(), 1);
  });

  it("finds a file that was missing before", async () => {
    const store = open();
    assert.equal(await store.find("late.mp4"), undefined);
    await s3().put("late.mp4", bytes("late"));
    assert.equal((await store.find("late.mp4"))?.size, 4);
  });
});
