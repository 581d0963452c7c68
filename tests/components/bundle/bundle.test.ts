import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join, relative } from "node:path";
import { stop } from "esbuild";
import { bundle, contextOf } from "../../../components/images/bundle.ts";
import { sources } from "../../support/components/bundles.ts";
import { useFolders, write } from "../../support/folders.ts";

function contents(folder: string): Record<string, [string, string]> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => {
        const info = statSync(path);
        return [
          relative(folder, path),
          [
            (info.mode & 0o7777).toString(8),
            info.isFile() ? readFileSync(path, "latin1") : "folder",
          ],
        ];
      }),
  );
}

describe("bundle", () => {
  const folder = useFolders();

  it("bundles the scripts in a service's browser/ folder with their imports", async () => {
    const project = folder({
      ...sources,
      "services/auth/browser/player.ts":
        "import { seconds } from './player/times.ts';\nconsole.log('plays', seconds);\n",
      "services/auth/browser/player/times.ts":
        "export const seconds: number = 42;\n",
      // Declaration files are not scripts.
      "services/auth/browser/dom.d.ts": "declare const navigator: object;\n",
    });
    await bundle(["auth", "payment"], project);
    const scripts = (service: string) =>
      Object.entries(contents(join(project, contextOf(service)))).filter(
        ([path]) => path.startsWith("app/browser"),
      );
    const [, [name, [mode, script]]] = scripts("auth") as [
      unknown,
      [path: string, file: [mode: string, text: string]],
    ];
    assert.deepEqual([name, mode], ["app/browser/player.js", "644"]);
    assert.match(script, /plays/);
    assert.match(script, /42/);
    assert.equal(scripts("auth").length, 2); // with the folder
    assert.deepEqual(scripts("payment"), []);
  });

  it("writes a service's Docker context: the program, its source map, assets and migrations, and the Dockerfile", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    assert.deepEqual(Object.keys(contents(join(project, contextOf("auth")))), [
      "Dockerfile",
      "app",
      "app/assets",
      "app/assets/films",
      "app/assets/films/one.txt",
      "app/migrations",
      "app/migrations/0001-accounts.sql",
      "app/server.mjs",
      "app/server.mjs.map",
    ]);
    assert.equal(
      readFileSync(join(project, "build/auth/Dockerfile"), "utf8"),
      sources["services/Dockerfile"],
    );
  });

  it("bundles programs that run outside the project", async () => {
    const project = folder(sources);
    await bundle(["auth", "payment"], project);
    const elsewhere = folder();
    for (const service of ["auth", "payment"]) {
      cpSync(join(project, contextOf(service)), elsewhere, { recursive: true });
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ["app/server.mjs"],
        { cwd: elsewhere, encoding: "utf8" },
      );
      assert.equal(stdout, `hello ${service}\n`, stderr);
    }
  });

  it("bundles only the requested services", async () => {
    const project = folder(sources);
    await bundle(["payment"], project);
    assert.deepEqual(readdirSync(join(project, "build")), ["payment"]);
  });

  it("writes nothing for an empty list of services", async () => {
    const project = folder();
    await bundle([], project);
    assert.deepEqual(readdirSync(project), []);
  });

  it("writes the same file modes for any umask and any source modes", async () => {
    const project = folder(sources);
    await stop(); // esbuild keeps the umask that it was started with
    const umask = process.umask(0o077);
    try {
      write(project, { "services/auth/assets/private.txt": "mine\n" });
      await bundle(["auth"], project);
    } finally {
      process.umask(umask);
      await stop();
    }
    const context = join(project, contextOf("auth"));
    assert.equal(statSync(context).mode & 0o7777, 0o755);
    for (const [path, [mode, content]] of Object.entries(contents(context)))
      assert.equal(mode, content === "folder" ? "755" : "644", path);
  });

  it("writes identical bytes in every clone and on every run", async () => {
    const [one, other] = [folder(sources), folder(sources)];
    await bundle(["auth"], one);
    const first = contents(join(one, "build"));
    for (const project of [one, other]) {
      await bundle(["auth"], project);
      assert.deepEqual(contents(join(project, "build")), first);
    }
  });

  it("gives every file the same modification time", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    const context = join(project, contextOf("auth"));
    for (const path of Object.keys(contents(context)))
      assert.equal(statSync(join(context, path)).mtimeMs, 0, path);
  });

  it("writes no absolute path of the project", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    for (const [path, [, content]] of Object.entries(
      contents(join(project, "build")),
    ))
      assert.ok(!content.includes(project), path);
  });

  it("maps the program to its sources without embedding them", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    const map = readFileSync(join(project, "build/auth/app/server.mjs.map"));
    const { sources: files, sourcesContent } = JSON.parse(`${map}`);
    assert.deepEqual(files, [
      "../../../services/shared.ts",
      "../../../services/auth/server.ts",
    ]);
    assert.equal(sourcesContent, undefined);
  });

  it("copies migrations unchanged, so that their checksums stay valid", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    const file = "migrations/0001-accounts.sql";
    assert.equal(
      readFileSync(join(project, "build/auth/app", file), "utf8"),
      sources[`services/auth/${file}`],
    );
  });

  it("adds a new migration to an existing context", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    const file = "migrations/0002-names.sql";
    write(project, { [`services/auth/${file}`]: "SELECT 1;\n" });
    await bundle(["auth"], project);
    assert.ok(existsSync(join(project, "build/auth/app", file)));
  });

  for (const beside of ["assets", "migrations"])
    it(`removes ${beside} that the service no longer has`, async () => {
      const project = folder(sources);
      await bundle(["auth"], project);
      rmSync(join(project, "services/auth", beside), { recursive: true });
      await bundle(["auth"], project);
      assert.ok(!existsSync(join(project, "build/auth/app", beside)));
    });

  it("leaves an up-to-date context untouched", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    const { ino } = statSync(join(project, "build/auth"));
    await bundle(["auth"], project);
    assert.equal(statSync(join(project, "build/auth")).ino, ino);
  });
});
