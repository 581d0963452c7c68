import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { project } from "../../local/environment.ts";

const script = join(project, "local/node-version.cjs");

/** Runs the script as another version of Node.js would; returns the error and the exit code. */
function runAs(node: string) {
  const result: { error?: string; code?: number } = {};
  runInNewContext(readFileSync(script, "utf8"), {
    require: createRequire(script),
    process: {
      versions: { node },
      execPath: "/opt/node",
      exit: (code: number) => {
        result.code = code;
      },
    },
    console: {
      error: (text: string) => {
        result.error = text;
      },
    },
  });
  return result;
}

describe("Check of the Node.js version", () => {
  for (const version of ["18.20.4", "20.20.2", "22.17.9"])
    it(`rejects ${version}, which can't run TypeScript`, () => {
      const { error = "", code } = runAs(version);
      assert.equal(code, 1);
      assert.match(error, /needs Node\.js 22\.18 or newer/);
      assert.ok(error.includes(`/opt/node is ${version}.`), error);
    });

  for (const version of ["22.18.0", "24.1.0", "100.0.0"])
    it(`accepts ${version}`, () => {
      assert.deepEqual(runAs(version), {});
    });

  it("runs first in every script that runs local/cli.ts", () => {
    const { scripts } = JSON.parse(
      readFileSync(join(project, "package.json"), "utf8"),
    );
    for (const name of ["up", "down", "env"])
      assert.match(
        scripts[name],
        /^node --require \.\/local\/node-version\.cjs local\/cli\.ts /,
      );
  });
});
