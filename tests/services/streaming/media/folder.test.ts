import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs, {
  realpathSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mock } from "node:test";
import { run } from "../../../../local/host/command.ts";
import { openFolder } from "../../../../services/streaming/media/folder/store.ts";
import {
  type MediaFile,
  MediaUnavailableError,
} from "../../../../services/streaming/media/media-store.ts";
import { useFolders } from "../../../support/folders.ts";

const sha256 = (content: string) =>
  createHash("sha256").update(content).digest();
const etagOf = (content: string) =>
  `"${sha256(content).toString("base64url").slice(0, 22)}"`;

describe("Folder media store", () => {
  const folder = useFolders();

  async function found(root: string, path: string): Promise<MediaFile> {
    const file = await openFolder(root).find(path);
    assert.ok(file, `${path} was not found`);
    return file;
  }

  describe("paths without a file", () => {
    for (const path of [
      "",
      ".",
      "..",
      "/",
      "/a/video.mp4",
      "a",
      "a/",
      "a//video.mp4",
      "a/./video.mp4",
      "a/../a/video.mp4",
      "../inside/a/video.mp4",
      "a/video.mp4/",
      "a/video.mp4/x",
      "a\\video.mp4",
      "a/video.mp4\0",
      "a/%2e%2e/a/video.mp4",
      "A/video.mp5",
      `${"long".repeat(100)}.mp4`,
      `${"a/".repeat(5000)}video.mp4`,
      "out.txt",
      "away/secret.txt",
      "a/again/video.mp4",
      "loop",
      "nowhere",
      "pipe.mp4",
    ])
      it(`finds nothing at ${JSON.stringify(path.slice(0, 50))}`, async () => {
        const all = folder({
          "inside/a/video.mp4": "video",
          "secret.txt": "secret",
          "inside-too/secret.txt": "secret",
        });
        const root = join(all, "inside");
        symlinkSync("../secret.txt", join(root, "out.txt"));
        symlinkSync(join(all, "inside-too"), join(root, "away"));
        symlinkSync("loop", join(root, "loop"));
        symlinkSync("gone", join(root, "nowhere"));
        await run("mkfifo", [join(root, "pipe.mp4")]);
        assert.equal(await openFolder(root).find(path), undefined);
      });
  });

  it("follows links inside the folder, and derives the type from the requested name", async () => {
    const root = folder({ "a/1.bin": "video" });
    symlinkSync("a", join(root, "b"));
    symlinkSync("1.bin", join(root, "a/video.mp4"));
    const file = await found(root, "b/video.mp4");
    assert.equal(file.type, "video/mp4");
    assert.equal(file.size, 5);
  });

  it("reads the new target after its root link is replaced", async () => {
    const all = folder({ "one/a.mp4": "one", "two/a.mp4": "other" });
    symlinkSync("one", join(all, "now"));
    const store = openFolder(join(all, "now"));
    assert.equal((await store.find("a.mp4"))?.etag, etagOf("one"));
    symlinkSync("two", join(all, "next"));
    renameSync(join(all, "next"), join(all, "now"));
    assert.equal((await store.find("a.mp4"))?.etag, etagOf("other"));
  });

  it("fails with MediaUnavailableError when the folder is missing", async () => {
    const store = openFolder(join(folder(), "volume"));
    await assert.rejects(store.find("a.mp4"), MediaUnavailableError);
  });

  it("returns a file's size, entity tag, modification date, type and path", async () => {
    const root = folder({ "a/video.MP4": "video" });
    utimesSync(join(root, "a/video.MP4"), 1_700_000_000.75, 1_700_000_000.75);
    const { size, etag, modified, type, path } = await found(
      root,
      "a/video.MP4",
    );
    assert.deepEqual(
      { size, etag, modified, type },
      {
        size: 5,
        etag: etagOf("video"),
        modified: new Date(1_700_000_000_000),
        type: "video/mp4",
      },
    );
    assert.ok(path?.endsWith("/a/video.MP4"));
  });

  for (const [name, type] of [
    ["a.m3u8", "application/vnd.apple.mpegurl"],
    ["a.jpg", "image/jpeg"],
    ["a.xyz", "application/octet-stream"],
    ["mp4", "application/octet-stream"],
  ] as const)
    it(`returns ${type} as the type of ${name}`, async () => {
      const file = await found(folder({ [name]: "x" }), name);
      assert.equal(file.type, type);
    });

  describe("entity tags", () => {
    const listed = (files: Record<string, { size: number; sha256: string }>) =>
      JSON.stringify({ files });
    const other = sha256("other").toString("hex");

    it("gives equal content the same entity tag, whatever its modification date", async () => {
      const roots = [
        folder({ "a.mp4": "video" }),
        folder({ "a.mp4": "video" }),
      ];
      utimesSync(join(roots[1] as string, "a.mp4"), 1e9, 1e9);
      const [one, two] = await Promise.all(
        roots.map((root) => found(root, "a.mp4")),
      );
      assert.equal(one?.etag, two?.etag);
    });

    it("takes the entity tag from the catalogue's hash", async () => {
      const catalogue = listed({ "a.mp4": { size: 5, sha256: other } });
      const root = folder({ "a.mp4": "video", "catalogue.json": catalogue });
      assert.equal((await found(root, "a.mp4")).etag, etagOf("other"));
    });

    it("hashes the content when the catalogue lists another size", async () => {
      const catalogue = listed({ "a.mp4": { size: 6, sha256: other } });
      const root = folder({ "a.mp4": "video", "catalogue.json": catalogue });
      assert.equal((await found(root, "a.mp4")).etag, etagOf("video"));
    });

    it("hashes the content when the catalogue is invalid", async () => {
      for (const text of ["{", "[]", '{"files":{"a.mp4":{"size":5}}}']) {
        const root = folder({ "a.mp4": "video", "catalogue.json": text });
        assert.equal((await found(root, "a.mp4")).etag, etagOf("video"));
      }
    });

    it("returns another entity tag after the content changes", async () => {
      const root = folder({ "a.mp4": "video" });
      const store = openFolder(root);
      assert.equal((await store.find("a.mp4"))?.etag, etagOf("video"));
      writeFileSync(join(root, "next"), "radio");
      renameSync(join(root, "next"), join(root, "a.mp4"));
      assert.equal((await store.find("a.mp4"))?.etag, etagOf("radio"));
    });

    it("hashes a file once for all concurrent and later lookups", async () => {
      const root = folder({ "a.mp4": "video" });
      const opens = mock.method(fs, "open");
      try {
        const store = openFolder(root);
        const find = () => store.find("a.mp4");
        await Promise.all(Array.from({ length: 20 }, find));
        await find();
        const paths = opens.mock.calls.map(({ arguments: [path] }) => path);
        assert.deepEqual(paths, [realpathSync(join(root, "a.mp4"))]);
      } finally {
        opens.mock.restore();
      }
    });
  });
});
