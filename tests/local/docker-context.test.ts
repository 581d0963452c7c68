import assert from "node:assert/strict";
import { chmodSync, renameSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { contextDigest } from "../../local/docker-provider/context.ts";
import { useFolders, write } from "../folders.ts";

const sources = {
  Dockerfile: "FROM scratch\n",
  "app/server.mjs": "console.log('auth');\n",
  "app/assets/film.mp4": "a film\n",
};

describe("contextDigest", () => {
  const useFolder = useFolders();
  const digest = (folder: string) =>
    contextDigest(folder, join(folder, "Dockerfile"));

  it("is the same in every clone and at every time", () => {
    const [one, other] = [useFolder(sources), useFolder(sources)];
    utimesSync(join(other, "app/server.mjs"), 0, 0);
    assert.equal(digest(one), digest(other));
    assert.match(digest(one), /^[0-9a-f]{64}$/);
  });

  const changes: Record<string, (folder: string) => void> = {
    "a file's content": (folder) =>
      write(folder, { "app/server.mjs": "console.log('more');\n" }),
    "a file's mode": (folder) =>
      chmodSync(join(folder, "app/server.mjs"), 0o755),
    "a file's name": (folder) =>
      renameSync(join(folder, "app/server.mjs"), join(folder, "app/main.js")),
    "a file's folder": (folder) =>
      renameSync(join(folder, "app/assets"), join(folder, "app/films")),
    "one file more": (folder) => write(folder, { "app/empty": "" }),
    "the Dockerfile": (folder) =>
      write(folder, { Dockerfile: "FROM debian\n" }),
    "the file that a link leads to": (folder) => {
      renameSync(join(folder, "app/server.mjs"), join(folder, "app/v2"));
      symlinkSync("v2", join(folder, "app/server.mjs"));
    },
  };
  for (const [change, make] of Object.entries(changes))
    it(`is another after a change of ${change}`, () => {
      const folder = useFolder(sources);
      const before = digest(folder);
      make(folder);
      assert.notEqual(digest(folder), before);
    });

  it("counts a Dockerfile outside of the context", () => {
    const folder = useFolder({ ...sources, other: "FROM debian\n" });
    const context = join(folder, "app");
    assert.notEqual(
      contextDigest(context, join(folder, "Dockerfile")),
      contextDigest(context, join(folder, "other")),
    );
  });
});
