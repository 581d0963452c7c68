import assert from "node:assert/strict";
import { factory } from "@marquee/service-kit";
import { createService } from "../../../../packages/service-kit/index.ts";
import { respondWithFile } from "../../../../services/streaming/file-response/file-response.ts";
import { rethrowAsHttp } from "../../../../services/streaming/http/errors.ts";
import {
  MediaChangedError,
  type MediaFile,
  MediaUnavailableError,
} from "../../../../services/streaming/media/media-store.ts";
import { problemOf } from "../../../support/problem.ts";

/** A file of a remote store, read by these callbacks. */
const file = (
  read: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
  cancel = () => {},
): MediaFile => ({
  size: 3,
  etag: '"a"',
  modified: new Date(0),
  type: "video/mp4",
  read: () => new ReadableStream({ pull: read, cancel }, { highWaterMark: 0 }),
});

const answer = async (
  given: MediaFile,
  headers: Record<string, string> = {},
) => {
  const { app, start } = createService();
  await start();
  const api = factory.createApp();
  api.onError(rethrowAsHttp);
  api.get("/", (c) => respondWithFile(c, given, { cacheControl: "no-cache" }));
  app.route("/", api);
  return app.request("/", { headers });
};

describe("Start of a delivery from a remote store", () => {
  for (const error of [
    new MediaUnavailableError("the bucket does not answer"),
    new MediaChangedError("it is another file"),
  ])
    it(`returns 503 without the file's headers when the read fails with ${error.name}`, async () => {
      const response = await answer(
        file(() => {
          throw error;
        }),
        { range: "bytes=0-1" },
      );
      for (const name of [
        "etag",
        "last-modified",
        "accept-ranges",
        "content-range",
      ])
        assert.equal(response.headers.get(name), null, name);
      assert.notEqual(response.headers.get("content-length"), "2");
      assert.ok(response.headers.get("retry-after"));
      const { detail } = await problemOf(response, 503);
      assert.doesNotMatch(detail, /bucket/);
    });

  it("sends the first chunk, read before the response, once", async () => {
    const chunks = [Buffer.from("a"), Buffer.from("bc")];
    const response = await answer(
      file((controller) => {
        const next = chunks.shift();
        if (next) controller.enqueue(next);
        else controller.close();
      }),
    );
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "abc");
  });

  it("reads one chunk ahead, and cancels the read when the response is cancelled", async () => {
    let reads = 0;
    let freed = false;
    const response = await answer(
      file(
        (controller) => {
          reads++;
          controller.enqueue(Buffer.from("a"));
        },
        () => {
          freed = true;
        },
      ),
    );
    assert.equal(reads, 1);
    await response.body?.cancel();
    assert.equal(freed, true);
  });

  it("fails the response when a later read fails", async () => {
    let reads = 0;
    const response = await answer(
      file((controller) => {
        if (reads++ > 0) throw new MediaUnavailableError("gone");
        controller.enqueue(Buffer.from("a"));
      }),
    );
    assert.equal(response.status, 200);
    await assert.rejects(response.text(), MediaUnavailableError);
  });
});
