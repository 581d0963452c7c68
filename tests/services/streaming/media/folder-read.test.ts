import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openFolder } from "../../../../services/streaming/media/folder/store.ts";
import {
  MediaChangedError,
  type MediaFile,
} from "../../../../services/streaming/media/media-store.ts";
import { useFolders } from "../../../support/folders.ts";
import { until } from "../../../support/until.ts";

describe("Reading a folder's file", () => {
  const folder = useFolders();

  async function found(root: string, path: string): Promise<MediaFile> {
    const file = await openFolder(root).find(path);
    assert.ok(file, `${path} was not found`);
    return file;
  }

  /** Number of descriptors this process has open on a file. */
  const opened = (path: string) =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false; // closed meanwhile
      }
    }).length;

  /** Waits until a file is closed: closing is asynchronous. */
  const untilClosed = (path: string) => until(() => opened(path) === 0);

  /** Waits until a change gets a later timestamp than the file's: file systems' clocks are coarse. */
  const untilLater = (path: string) =>
    until(() => {
      writeFileSync(`${path}.now`, "");
      return statSync(`${path}.now`).mtimeMs > statSync(path).mtimeMs;
    });

  before(function () {
    if (!existsSync("/proc/self/fd")) this.skip();
  });

  const content = randomBytes(300_000);
  async function large() {
    const path = join(folder(), "a.mp4");
    writeFileSync(path, content);
    return { path, file: await found(join(path, ".."), "a.mp4") };
  }

  it("returns inclusive byte ranges and closes the file", async () => {
    const { path, file } = await large();
    for (const [start, end] of [
      [0, 299_999],
      [0, 0],
      [299_999, 299_999],
      [65_535, 65_536],
      [65_536, 131_071],
      [1, 200_000],
    ] as const) {
      const body = await new Response(file.read(start, end)).arrayBuffer();
      assert.ok(Buffer.from(body).equals(content.subarray(start, end + 1)));
    }
    await untilClosed(path);
  });

  it("opens the file at the first read, reads it in chunks and closes it when cancelled", async () => {
    const { path, file } = await large();
    const stream = file.read(0, 299_999);
    await delay(20);
    assert.equal(opened(path), 0);
    const reader = stream.getReader();
    const { value } = await reader.read();
    assert.ok(value && value.length <= 128 * 1024);
    await delay(20);
    assert.equal(opened(path), 1);
    await reader.cancel();
    await untilClosed(path);
  });

  it("closes the file when the read is cancelled while the file is opened or read", async () => {
    const { path, file } = await large();
    const readers = Array.from({ length: 50 }, () =>
      file.read(0, 299_999).getReader(),
    );
    for (const [i, reader] of readers.entries()) {
      const read = reader.read();
      if (i % 2) await read;
      if (i % 3) reader.read().catch(() => {});
      await reader.cancel();
    }
    await untilClosed(path);
  });

  const changes: [string, (path: string) => void][] = [
    ["is deleted", (path) => rmSync(path)],
    [
      "is replaced by a folder",
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    [
      "is replaced by another file",
      (path) => {
        writeFileSync(`${path}.new`, content);
        renameSync(`${path}.new`, path);
      },
    ],
    ["gets shorter", (path) => truncateSync(path, 100_000)],
    ["gets longer", (path) => appendFileSync(path, "more")],
    ["is written anew", (path) => writeFileSync(path, content)],
    [
      "is replaced by a link",
      (path) => {
        renameSync(path, `${path}.old`);
        symlinkSync(`${path}.old`, path);
      },
    ],
  ];
  for (const [what, change] of changes)
    it(`fails with MediaChangedError when the file ${what} before it is opened`, async () => {
      const { path, file } = await large();
      await untilLater(path);
      change(path);
      const read = new Response(file.read(0, 299_999)).arrayBuffer();
      await assert.rejects(read, MediaChangedError);
      await untilClosed(path);
    });

  for (const [what, change] of changes.filter(([what]) =>
    /shorter|longer|anew/.test(what),
  ))
    it(`fails with MediaChangedError when the file ${what} while it is read`, async () => {
      const { path, file } = await large();
      const reader = file.read(0, 299_999).getReader();
      let got = (await reader.read()).value?.length ?? 0;
      await untilLater(path);
      change(path);
      await assert.rejects(async () => {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          got += value.length;
        }
      }, MediaChangedError);
      assert.ok(got < 300_000);
      await untilClosed(path);
    });

  it("reads the whole file when it is deleted during the read", async () => {
    const { path, file } = await large();
    const reader = file.read(0, 299_999).getReader();
    const chunks = [(await reader.read()).value as Uint8Array];
    rmSync(path);
    for (let next = await reader.read(); !next.done; next = await reader.read())
      chunks.push(next.value);
    assert.ok(Buffer.concat(chunks).equals(content));
  });
});
