import assert from "node:assert/strict";
import { renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { contentKey } from "../../local/content-key.ts";
import { useFolders, write } from "../support/folders.ts";

const sources = { "go.mod": "module a\n", "cmd/main.go": "package main\n" };

describe("contentKey", () => {
  const useFolder = useFolders();

  it("returns 16 hexadecimal digits", () => {
    assert.match(contentKey([useFolder(sources)]), /^[0-9a-f]{16}$/);
  });

  it("is the same in every clone, whatever the files' times", () => {
    const [one, other] = [useFolder(sources), useFolder(sources)];
    utimesSync(join(other, "go.mod"), 0, 0);
    assert.equal(contentKey([one]), contentKey([other]));
  });

  it("is the same for the same file under another path", () => {
    const [one, other] = [useFolder(sources), useFolder(sources)];
    assert.equal(
      contentKey([join(one, "go.mod")]),
      contentKey([join(other, "go.mod")]),
    );
  });

  const changes: Record<string, (folder: string) => void> = {
    "a file's content": (folder) =>
      write(folder, { "cmd/main.go": "package other\n" }),
    "a file's name": (folder) =>
      renameSync(join(folder, "cmd/main.go"), join(folder, "cmd/a.go")),
    "a folder's name": (folder) =>
      renameSync(join(folder, "cmd"), join(folder, "command")),
    "an additional file": (folder) => write(folder, { "cmd/empty": "" }),
    "a removed file": (folder) => rmSync(join(folder, "go.mod")),
  };
  for (const [change, make] of Object.entries(changes))
    it(`changes with ${change}`, () => {
      const folder = useFolder(sources);
      const before = contentKey([folder]);
      make(folder);
      assert.notEqual(contentKey([folder]), before);
    });

  it("depends on every given path", () => {
    const folder = useFolder({ a: "1", b: "2", c: "3" });
    const key = (...files: string[]) =>
      contentKey(files.map((file) => join(folder, file)));
    assert.equal(new Set([key("a"), key("a", "b"), key("a", "c")]).size, 3);
  });

  it("fails for a missing path", () => {
    assert.throws(() => contentKey(["/nowhere/at/all"]), /ENOENT/);
  });
});
