import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
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

  it("streaming brings its film", () => {
    const film = "assets/feature.mp4";
    assert.ok(
      readFileSync(join(project, "build/streaming/app", film)).equals(
        readFileSync(join(repository, "services/streaming", film)),
      ),
    );
  });
});
