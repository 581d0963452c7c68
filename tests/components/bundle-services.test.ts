import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { bundle, contextOf } from "../../components/bundle.ts";
import { useFolders } from "../folders.ts";

describe("bundle, of Marquee's own services", () => {
  const folder = useFolders();
  const repository = join(import.meta.dirname, "../..");
  const services = ["auth", "payment", "streaming", "log-shipper"];
  let project: string;

  before(async () => {
    project = folder();
    cpSync(join(repository, "services"), join(project, "services"), {
      recursive: true,
    });
    symlinkSync(
      join(repository, "node_modules"),
      join(project, "node_modules"),
    );
    await bundle(services, project);
  });

  for (const service of services)
    it(`${service} is one file that imports Node.js's own modules alone`, () => {
      const program = join(project, contextOf(service), "app/server.mjs");
      const { stderr } = spawnSync(process.execPath, ["--check", program], {
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      const imported = [
        ...readFileSync(program, "utf8").matchAll(
          /(?:^import (?:[^;"]+ from )?|\b(?:require|__require|import)\()"([^"]+)"/gm,
        ),
      ].map(([, name]) => name as string);
      assert.ok(imported.includes("node:module"));
      assert.deepEqual(
        imported.filter((name) => !isBuiltin(name)),
        [],
      );
    });

  it("streaming brings its titles, style and icon, byte for byte", () => {
    const assets = (folder: string) =>
      Object.fromEntries(
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .map((path) => [
            relative(folder, path),
            readFileSync(path).toString("base64"),
          ]),
      );
    const brought = assets(join(project, "build/streaming/app/assets"));
    assert.deepEqual(
      brought,
      assets(join(project, "services/streaming/assets")),
    );
    const names = Object.keys(brought);
    assert.ok(names.includes("style.css") && names.includes("icon.svg"));
    assert.ok(names.some((name) => /^titles\/[a-z-]+\/./.test(name)));
  });

  it("streaming alone brings scripts for browsers, each of which imports nothing", async () => {
    const scripts = (service: string) =>
      join(project, contextOf(service), "app/browser");
    const names = readdirSync(scripts("streaming"));
    for (const page of ["card", "player", "waiting"])
      assert.ok(names.includes(`${page}.js`), page);
    for (const name of names) {
      assert.match(name, /^[a-z-]+\.js$/);
      const { metafile } = await build({
        entryPoints: [join(scripts("streaming"), name)],
        absWorkingDir: project,
        bundle: true,
        external: ["*"],
        metafile: true,
        write: false,
      });
      const [imports, ...others] = Object.values(metafile.inputs).map(
        ({ imports }) => imports,
      );
      assert.deepEqual([imports, others], [[], []], name);
    }
    for (const service of services.filter((name) => name !== "streaming"))
      assert.ok(!existsSync(scripts(service)), service);
  });
});
