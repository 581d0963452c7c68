import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "../../../local/environment.ts";
import { run } from "../../../local/host/command.ts";
import { buildForHost } from "../../../local/toolchain/go.ts";
import { useFolders, write } from "../../support/folders.ts";
import { until } from "../../support/until.ts";

describe("Builder of Go programs", function () {
  this.timeout("10m"); // its image may have to be built
  const useFolder = useFolders();

  it("builds from a private folder whose name has spaces and non-ASCII letters", async () => {
    const root = useFolder({});
    write(root, {
      "módulo of mine/go.mod": "module hello\n\ngo 1.26\n",
      "módulo of mine/main.go": `package main

func main() { println("hello") }
`,
    });
    chmodSync(join(root, "módulo of mine"), 0o700);
    await buildForHost(["."], join(root, "módulo of mine"), root);
    const { stderr } = spawnSync(join(root, "hello"), { encoding: "utf8" });
    assert.equal(stderr, "hello\n");
  });

  it("reports the compiler's errors", async () => {
    const module = useFolder({
      "go.mod": "module broken\n\ngo 1.26\n",
      "main.go": "package main\n\nfunc main() { return 1 }\n",
    });
    await assert.rejects(
      buildForHost(["."], module, module),
      /main\.go:3:22: too many return values/,
    );
  });

  it("removes the container of a killed process", async () => {
    const child = spawn(
      process.execPath,
      [
        "--input-type=module-typescript",
        "--eval",
        `import { inBuilder } from "./local/toolchain/builder.ts";
        await inBuilder(async (builder) => {
          const mounts = await builder.run(["cat", "/proc/self/mountinfo"], { folder: "/" });
          console.log(mounts.match(/containers.([0-9a-f]{12})[0-9a-f]*.hostname/)[1]);
          await new Promise((resolve) => setTimeout(resolve, 600_000));
        });`,
      ],
      { cwd: project, stdio: ["ignore", "pipe", "inherit"] },
    );
    const [output] = await once(child.stdout, "data");
    const exists = async () =>
      (await run("docker", ["ps", "--all", "--quiet"])).includes(
        `${output}`.trim(),
      );
    assert.ok(await exists());
    child.kill("SIGKILL");
    await until(async () => !(await exists()));
  });

  it("uses a Go that is new enough for all modules", () => {
    const dockerfile = readFileSync(
      join(project, "local/toolchain/builder.Dockerfile"),
      "utf8",
    );
    const [, version] = dockerfile.match(/GOTOOLCHAIN=go1\.(\d+)\.\d+$/m) ?? [];
    for (const module of [
      ...["local/toolchain/go", "local/toolchain/language-host"],
      ...[
        "tests/support/manifests/go",
        "tests/support/stripe-mock/go",
        "tests/support/versitygw/go",
      ],
      "bench/tutorial",
    ]) {
      const file = readFileSync(join(project, module, "go.mod"), "utf8");
      const [, wanted] = file.match(/^go 1\.(\d+)/m) ?? [];
      assert.ok(Number(version) >= Number(wanted), `${module}: ${wanted}`);
    }
  });
});
