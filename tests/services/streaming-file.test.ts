import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createStreaming } from "../../services/streaming/app.ts";
import { openVideo } from "../../services/streaming/video.ts";
import { useFolders } from "../folders.ts";
import { open } from "./connection.ts";
import { start, stopPrograms } from "./program.ts";

const feature = join(
  import.meta.dirname,
  "../../services/streaming/assets/feature.mp4",
);

/** How often a process has this file open. */
const opened = (path: string, pid: number | "self" = "self"): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === path;
    } catch {
      return false; // closed meanwhile
    }
  }).length;

/** Waits until this process, or that one, has a file open so often. */
async function untilOpened(times: number, ...args: Parameters<typeof opened>) {
  while (opened(...args) !== times) await delay(5);
}

describe("A video", () => {
  const folder = useFolders();

  it("has the same entity tag in every pod, however old its file", async () => {
    const [one, other] = [join(folder(), "a.mp4"), join(folder(), "b.mp4")];
    for (const copy of [one, other]) copyFileSync(feature, copy);
    utimesSync(other, 1e9, 1e9);
    assert.equal((await openVideo(one)).etag, (await openVideo(other)).etag);
  });

  it("has another entity tag when one byte of it is another", async () => {
    const make = (content: string) => {
      const path = join(folder({ "a.mp4": content }), "a.mp4");
      return openVideo(path);
    };
    const [one, other] = [await make("aaaa"), await make("aaab")];
    assert.notEqual(one.etag, other.etag);
  });

  it("that is missing is said at once, with its path", async () => {
    const path = join(folder(), "missing.mp4");
    await assert.rejects(
      openVideo(path),
      (error: Error) =>
        error.message.startsWith(`ENOENT: no such file or directory`) &&
        error.message.includes(path),
    );
  });

  it("that is a folder is said at once", async () => {
    await assert.rejects(openVideo(folder()), /^Error: EISDIR/);
  });

  it("that is empty is said at once, with its path", async () => {
    const path = join(folder({ "a.mp4": "" }), "a.mp4");
    await assert.rejects(openVideo(path), {
      message: `${path} is empty.`,
    });
  });
});

describe("A video's file", () => {
  const folder = useFolders();
  stopPrograms();

  // Only Linux tells what a process has open.
  before(function () {
    if (!existsSync("/proc/self/fd")) this.skip();
  });

  /** A file that is too large to be read at once, of which nothing else is open. */
  function large() {
    const path = join(folder(), "large.mp4");
    writeFileSync(path, Buffer.alloc(16 << 20, "video"));
    return path;
  }

  it("is not opened by HEAD", async () => {
    const path = large();
    const { app } = createStreaming(await openVideo(path));
    let most = 0;
    for (let i = 0; i < 50; i++) {
      await app.request("/stream", { method: "HEAD" });
      most = Math.max(most, opened(path));
    }
    await delay(50); // in which one would be opened
    assert.equal(Math.max(most, opened(path)), 0);
  });

  it("is not opened for who has it", async () => {
    const path = large();
    const video = await openVideo(path);
    const { app } = createStreaming(video);
    for (let i = 0; i < 10; i++)
      await app.request("/stream", {
        headers: { "if-none-match": video.etag },
      });
    await delay(50);
    assert.equal(opened(path), 0);
  });

  it("is closed when a response is cancelled", async () => {
    const path = large();
    const { app } = createStreaming(await openVideo(path));
    const { body } = await app.request("/stream");
    const reader = body?.getReader();
    await reader?.read();
    assert.equal(opened(path), 1);
    await reader?.cancel();
    await untilOpened(0, path);
  });

  it("is closed when it has been read", async () => {
    const path = large();
    const { app } = createStreaming(await openVideo(path));
    await (await app.request("/stream")).arrayBuffer();
    await untilOpened(0, path);
  });

  it("is closed when a viewer goes in the middle", async () => {
    const path = large();
    const program = await start("tests/services/fixtures/streaming.ts", {
      path,
    });
    const viewers = Array.from({ length: 5 }, () => open(program.port));
    for (const viewer of viewers) {
      viewer.socket.pause();
      viewer.get("/stream");
    }
    await untilOpened(5, path, program.pid);
    for (const viewer of viewers) viewer.socket.destroy();
    await untilOpened(0, path, program.pid);
    assert.equal(program.out.stderr, "");
  });

  it("keeps its length in the answer to HEAD on the wire", async () => {
    const path = large();
    const { port } = await start("tests/services/fixtures/streaming.ts", {
      path,
    });
    const length = await new Promise((resolve, reject) =>
      request({ port, host: "127.0.0.1", path: "/stream", method: "HEAD" })
        .on("response", ({ headers }) => resolve(headers["content-length"]))
        .on("error", reject)
        .end(),
    );
    assert.equal(length, `${16 << 20}`);
  });
});
