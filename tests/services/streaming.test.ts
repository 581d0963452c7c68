import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createStreaming } from "../../services/streaming/app.ts";
import { openVideo, type Video } from "../../services/streaming/video.ts";
import { problemOf } from "./problem.ts";

const path = join(
  import.meta.dirname,
  "../../services/streaming/assets/feature.mp4",
);
const file = readFileSync(path);
const size = file.length;

describe("The stream", () => {
  let video: Video;
  let app: ReturnType<typeof createStreaming>["app"];
  before(async () => {
    video = await openVideo(path);
    app = createStreaming(video).app;
  });

  const get = (headers: Record<string, string> = {}) =>
    app.request("/stream", { headers });

  /** Asserts that a response is these bytes of the file, and says so. */
  async function isPart(response: Response, start: number, end: number) {
    assert.equal(response.status, 206);
    const { headers } = response;
    assert.equal(headers.get("content-range"), `bytes ${start}-${end}/${size}`);
    assert.equal(headers.get("content-length"), `${end - start + 1}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.ok(bytes.equals(file.subarray(start, end + 1)), "other bytes");
  }

  /** Asserts that a response is the whole file, and says so. */
  async function isWhole(response: Response) {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-range"), null);
    assert.equal(response.headers.get("content-length"), `${size}`);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(file));
  }

  /** Asserts that a response says that the client has it, and nothing else. */
  async function isNotModified(response: Response) {
    assert.equal(response.status, 304);
    assert.equal(await response.text(), "");
    assert.equal(response.headers.get("etag"), video.etag);
    assert.equal(response.headers.get("content-type"), null);
    assert.equal(response.headers.get("content-length"), null);
  }

  it("is the whole video", async () => {
    await isWhole(await get());
  });

  it("says what players need to know", async () => {
    const { headers } = await get();
    assert.equal(headers.get("content-type"), "video/mp4");
    assert.equal(headers.get("accept-ranges"), "bytes");
    assert.equal(headers.get("cache-control"), "public, max-age=3600");
    assert.match(headers.get("etag") ?? "", /^"[\w-]{22}"$/);
  });

  it("is for GET and HEAD", async () => {
    const response = await app.request("/stream", { method: "POST" });
    await problemOf(response, 405);
    assert.equal(response.headers.get("allow"), "GET, HEAD");
  });

  describe("in parts", () => {
    const parts: [string, number, number][] = [
      ["bytes=0-9", 0, 9],
      ["bytes=0-", 0, size - 1],
      ["bytes=-500", size - 500, size - 1],
      ["bytes=70000-140000", 70_000, 140_000],
      [`bytes=${size - 1}-`, size - 1, size - 1],
      [`bytes=${size - 10}-${size + 10}`, size - 10, size - 1],
      [`bytes=-${size + 1}`, 0, size - 1],
      [`bytes=100-${"9".repeat(30)}`, 100, size - 1],
    ];
    for (const [range, start, end] of parts)
      it(`gives ${range}`, async () => {
        await isPart(await get({ range }), start, end);
      });

    for (const range of [
      `bytes=${size}-`,
      `bytes=${size + 5}-${size + 9}`,
      "bytes=-0",
      `bytes=${"9".repeat(30)}-`,
    ])
      it(`has no ${range}: 416, and how large it is`, async () => {
        const response = await get({ range });
        const { headers } = response;
        assert.equal(headers.get("content-range"), `bytes */${size}`);
        const { detail } = await problemOf(response, 416);
        assert.equal(
          detail,
          `The video has ${size} bytes, from 0 to ${size - 1}.`,
        );
      });

    it("does not let caches keep a 416 for the video", async () => {
      const { headers } = await get({ range: `bytes=${size}-` });
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.get("etag"), null);
    });

    for (const range of [
      "bytes=9-0",
      "bytes=0-9,20-29",
      "items=0-9",
      "bytes=a-b",
      "bytes=-",
      "anything",
    ])
      it(`gives the whole for ${range}`, async () => {
        await isWhole(await get({ range }));
      });
  });

  describe("in parts, if it is still the same (If-Range)", () => {
    const range = "bytes=0-9";

    it("gives the part for its entity tag", async () => {
      await isPart(await get({ range, "if-range": video.etag }), 0, 9);
    });

    const others: [string, (etag: string) => string][] = [
      ["a weak entity tag", (etag) => `W/${etag}`],
      ["another entity tag", () => '"other"'],
      ["its entity tag without quotes", (etag) => etag.slice(1, -1)],
      ["a date", () => new Date(0).toUTCString()],
      ["a date in the future", () => new Date(4e12).toUTCString()],
    ];
    for (const [what, value] of others)
      it(`gives the whole for ${what}`, async () => {
        await isWhole(await get({ range, "if-range": value(video.etag) }));
      });

    it("gives the whole, no 416, where the other was longer", async () => {
      const range = `bytes=${size}-`;
      await isWhole(await get({ range, "if-range": '"other"' }));
    });

    it("gives the whole where no part is asked for", async () => {
      await isWhole(await get({ "if-range": video.etag }));
    });
  });

  describe("if it is another than the client has (If-None-Match)", () => {
    const same: [string, (etag: string) => string][] = [
      ["its entity tag", (etag) => etag],
      ["its entity tag as a weak one", (etag) => `W/${etag}`],
      ["a list with it", (etag) => `"a", W/"b",${etag} , "c"`],
      ["*", () => "*"],
    ];
    for (const [what, value] of same)
      it(`is not sent for ${what}`, async () => {
        await isNotModified(await get({ "if-none-match": value(video.etag) }));
      });

    const others: [string, (etag: string) => string][] = [
      ["another entity tag", () => '"other"'],
      ["a list of others", () => '"a", W/"b"'],
      ["its entity tag without quotes", (etag) => etag.slice(1, -1)],
      ["nothing", () => ""],
    ];
    for (const [what, value] of others)
      it(`is sent for ${what}`, async () => {
        await isWhole(await get({ "if-none-match": value(video.etag) }));
      });

    it("is not sent in parts either", async () => {
      const headers = { range: "bytes=0-9", "if-none-match": video.etag };
      await isNotModified(await get(headers));
    });

    it("is sent in parts where it is another", async () => {
      const headers = { range: "bytes=0-9", "if-none-match": '"other"' };
      await isPart(await get(headers), 0, 9);
    });
  });

  describe("asked for with HEAD", () => {
    const head = (headers: Record<string, string> = {}) =>
      app.request("/stream", { method: "HEAD", headers });

    /** A response's headers but those that differ each time. */
    const steady = ({ headers }: Response) =>
      [...headers].filter(
        ([name]) => !/^(x-request-id|content-security-policy)$/.test(name),
      );

    it("has the headers of GET and no body", async () => {
      const response = await head();
      assert.equal(response.status, 200);
      assert.equal(await response.text(), "");
      assert.deepEqual(steady(response), steady(await get()));
    });

    it("has no parts", async () => {
      const response = await head({ range: "bytes=0-9" });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-range"), null);
      assert.equal(response.headers.get("content-length"), `${size}`);
    });

    it("has no end that a range could miss", async () => {
      assert.equal((await head({ range: `bytes=${size}-` })).status, 200);
    });

    it("is 304 where the client has it", async () => {
      await isNotModified(await head({ "if-none-match": video.etag }));
    });
  });
});
