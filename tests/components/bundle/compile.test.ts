import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stop } from "esbuild";
import { bundle } from "../../../components/images/bundle.ts";
import { run } from "../../../local/host/command.ts";
import { useFolders, write } from "../../support/folders.ts";

const sources = {
  "package.json": "{}",
  "tsconfig.json": "{}",
  "node_modules/.package-lock.json": "{}",
  "services/Dockerfile": "FROM scratch\nCOPY app /app\n",
  "node_modules/greetings/package.json": '{"main":"index.js"}',
  "node_modules/greetings/index.js": "export const hello = 'hello';\n",
  "services/greeting.ts": "export { hello } from 'greetings';\n",
  "services/auth/package.json": "{}",
  "services/auth/server.ts":
    "import { hello } from '../greeting.ts';\nconsole.log(hello);\n",
  "services/auth/browser/page.ts": "document.title = 'auth';\n",
};

const record = "build/compiled.json";
const program = "build/auth/app/server.mjs";

/** Changes the program of the last run, and its hash in the record, so that a run that reuses it can be told. */
function mark(project: string): void {
  const marked = `${readFileSync(join(project, program), "utf8")}// reused\n`;
  writeFileSync(join(project, program), marked);
  const content = JSON.parse(readFileSync(join(project, record), "utf8"));
  content.outputs["auth/app/server.mjs"] = createHash("sha256")
    .update(marked)
    .digest("hex");
  writeFileSync(join(project, record), JSON.stringify(content));
}

describe("bundle: outputs of the last run", () => {
  const folder = useFolders();
  after(() => stop());

  const isReused = async (project: string, services = ["auth"]) => {
    await bundle(services, project);
    return readFileSync(join(project, program), "utf8").includes("// reused");
  };
  const bundled = async () => {
    const project = folder(sources);
    // Nothing is recorded until the sources are some milliseconds old.
    while (!existsSync(join(project, record))) await bundle(["auth"], project);
    mark(project);
    return project;
  };

  it("are reused if no source has changed", async () => {
    const project = await bundled();
    assert.equal(await isReused(project), true);
    assert.equal(await isReused(project), true);
  });

  const changes: Record<string, Record<string, string>> = {
    "the program": { "services/auth/server.ts": "console.log('changed');\n" },
    "an imported module": { "services/greeting.ts": "export const hello = 1;" },
    "a browser script": { "services/auth/browser/page.ts": "alert(1);\n" },
    "the list of browser scripts": { "services/auth/browser/x.ts": "alert();" },
    "the installed packages": { "node_modules/.package-lock.json": "{ }" },
    "a service's package.json": { "services/auth/package.json": "{ }" },
    "tsconfig.json": { "tsconfig.json": "{ }" },
    "the manifest of an npm package": {
      "node_modules/greetings/package.json": '{ "main": "index.js" }',
    },
  };
  for (const [what, change] of Object.entries(changes))
    it(`are replaced if ${what} changes`, async () => {
      const project = await bundled();
      write(project, change);
      assert.equal(await isReused(project), false);
    });

  it("are replaced if a source changes while it is compiled", async () => {
    for (let round = 0; round < 5; round++) {
      const project = folder(sources);
      await bundle(["auth"], project);
      const file = "services/auth/server.ts";
      write(project, { [file]: "console.log('before');\n" });
      const compiling = bundle(["auth"], project);
      await delay(round * 5);
      write(project, { [file]: "console.log('after');\n" });
      await compiling;
      await bundle(["auth"], project);
      assert.match(readFileSync(join(project, program), "utf8"), /after/);
    }
  });

  it("are complete if several runs replace them at the same time", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    write(project, { "services/auth/server.ts": "console.log('new');\n" });
    const script =
      'import("./components/images/bundle.ts").then(({ bundle }) => bundle(["auth"], process.argv[1]))';
    const runs = Array.from({ length: 4 }, () =>
      run(process.execPath, ["-e", script, project]),
    );
    await Promise.all(runs);
    assert.match(readFileSync(join(project, program), "utf8"), /new/);
    assert.deepEqual(
      readdirSync(project).filter((name) => name.startsWith("build")),
      ["build"],
    );
  });

  it("are replaced for another list of services", async () => {
    const project = await bundled();
    write(project, { "services/payment/server.ts": "console.log(1);\n" });
    assert.equal(await isReused(project, ["auth", "payment"]), false);
  });

  it("are replaced if one of them was edited or deleted", async () => {
    const project = await bundled();
    const script = join(project, "build/auth/app/browser/page.js");
    writeFileSync(script, "edited");
    assert.equal(await isReused(project), false);
    assert.doesNotMatch(readFileSync(script, "utf8"), /edited/);
    rmSync(script);
    await bundle(["auth"], project);
    assert.match(readFileSync(script, "utf8"), /auth/);
  });

  it("are replaced if their record is unreadable or missing", async () => {
    for (const damage of [
      (path: string) => writeFileSync(path, "{"),
      (path: string) => rmSync(path),
    ]) {
      const project = await bundled();
      damage(join(project, record));
      assert.equal(await isReused(project), false);
    }
  });

  it("are as they were after sources that can't be bundled", async () => {
    const project = await bundled();
    write(project, { "services/auth/server.ts": "const = 1;\n" });
    await assert.rejects(bundle(["auth"], project));
    write(project, {
      "services/auth/server.ts": sources["services/auth/server.ts"],
    });
    assert.equal(await isReused(project), true);
  });
});
