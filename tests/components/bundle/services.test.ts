import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { bundle, contextOf } from "../../../components/images/bundle.ts";
import { useFolders } from "../../support/folders.ts";

describe("bundle: Marquee's services", () => {
  const folder = useFolders();
  const repository = join(import.meta.dirname, "../../..");
  const services = ["auth", "payment", "streaming", "log-shipper"];
  let project: string;
  let hashes: Record<string, string>;

  before(async () => {
    project = clone("\n");
    hashes = await bundle(services, project);
  });

  /** A project with the repository's packages, and its services with these line endings. */
  function clone(lineEnd: "\n" | "\r\n"): string {
    const project = folder();
    const files = ["packages", "services"].flatMap((folder) =>
      readdirSync(join(repository, folder), {
        recursive: true,
        encoding: "utf8",
      }).map((file) => join(folder, file)),
    );
    for (const file of files) {
      const [from, to] = [join(repository, file), join(project, file)];
      if (!statSync(from).isFile()) continue;
      const content = readFileSync(from);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(
        to,
        isUtf8(content)
          ? content.toString().replace(/\r?\n/g, lineEnd)
          : content,
      );
    }
    const modules = join(repository, "node_modules");
    const workspaces = join(project, "node_modules/@marquee");
    mkdirSync(workspaces, { recursive: true });
    for (const name of readdirSync(modules))
      if (name !== "@marquee")
        symlinkSync(join(modules, name), join(project, "node_modules", name));
    for (const name of readdirSync(join(modules, "@marquee")))
      symlinkSync(
        readlinkSync(join(modules, "@marquee", name)), // relative, such as ../../services/auth
        join(workspaces, name),
      );
    return project;
  }

  it("writes the same contexts from a clone with CRLF line endings", async () => {
    assert.deepEqual(await bundle(services, clone("\r\n")), hashes);
  });

  for (const service of services)
    it(`bundles ${service} into one file that imports only Node.js's built-in modules`, () => {
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

  it("copies streaming's titles, style sheet and icon byte for byte", () => {
    const assets = (folder: string) =>
      Object.fromEntries(
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .map((path) => [
            relative(folder, path),
            createHash("sha256").update(readFileSync(path)).digest("hex"),
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

  it("bundles browser scripts for streaming only, and each imports nothing", async () => {
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
