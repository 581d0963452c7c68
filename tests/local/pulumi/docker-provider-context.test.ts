import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { contextDigest } from "../../../local/pulumi/docker-provider/context.ts";
import { useFolders, write } from "../../support/folders.ts";
import {
  type Vector,
  vectors,
} from "../../support/local/docker-context-vectors.ts";

const sources = {
  Dockerfile: "FROM scratch\n",
  "app/server.mjs": "console.log('auth');\n",
  "app/assets/film.mp4": "a film\n",
};

describe("contextDigest", () => {
  const useFolder = useFolders();
  const digest = (folder: string) =>
    contextDigest(folder, join(folder, "Dockerfile"));

  it("is the same in every clone, whatever the files' times", () => {
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
    "an additional file": (folder) => write(folder, { "app/empty": "" }),
    "the Dockerfile": (folder) =>
      write(folder, { Dockerfile: "FROM debian\n" }),
    "a file replaced by a link": (folder) => {
      renameSync(join(folder, "app/server.mjs"), join(folder, "app/v2"));
      symlinkSync("v2", join(folder, "app/server.mjs"));
    },
  };
  for (const [change, make] of Object.entries(changes))
    it(`changes with ${change}`, () => {
      const folder = useFolder(sources);
      const before = digest(folder);
      make(folder);
      assert.notEqual(digest(folder), before);
    });

  /** Creates the context `context` in a new folder, and returns the folder. */
  const createContext = ({ files, modes = {}, links = {} }: Vector) => {
    const folder = useFolder();
    const pathOf = (path: string) => join(folder, "context", path);
    for (const [path, content] of Object.entries(files)) {
      write(join(folder, "context"), { [path]: content });
      chmodSync(pathOf(path), modes[path] ?? 0o644);
    }
    for (const [path, target] of Object.entries(links)) {
      mkdirSync(dirname(pathOf(path)), { recursive: true });
      symlinkSync(target, pathOf(path));
    }
    return folder;
  };
  /** The digest by a relative path, on which the digests of links depend. */
  const digestIn = (folder: string) => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      return contextDigest("context", "context/Dockerfile");
    } finally {
      process.chdir(before);
    }
  };
  for (const vector of vectors)
    it(`equals the official provider's for ${vector.title}`, () => {
      assert.equal(digestIn(createContext(vector)), vector.digest);
    });

  it("rejects a circular link", () => {
    const folder = useFolder(sources);
    symlinkSync("loop", join(folder, "loop"));
    assert.throws(
      () => digest(folder),
      new RegExp(`^Error: ${join(folder, "loop")} is a circular link`),
    );
  });

  for (const line of ["app/[", "!"])
    it(`rejects the .dockerignore pattern ${line}`, () => {
      const folder = useFolder({ ...sources, ".dockerignore": line });
      assert.throws(
        () => digest(folder),
        ({ message }: Error) =>
          message.startsWith(
            `${join(folder, ".dockerignore")}: "${line}" is not a valid pattern: `,
          ),
      );
    });

  it("includes a Dockerfile outside of the context", () => {
    const folder = useFolder({ ...sources, other: "FROM debian\n" });
    const context = join(folder, "app");
    assert.notEqual(
      contextDigest(context, join(folder, "Dockerfile")),
      contextDigest(context, join(folder, "other")),
    );
  });
});
