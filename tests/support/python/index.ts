import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentKey } from "../../../local/content-key.ts";
import { cache } from "../../../local/environment.ts";
import { run, succeeds } from "../../../local/host/command.ts";
import * as debian from "../../../local/host/debian-packages.ts";
import { step } from "../../../local/progress.ts";
import { sources, type TestTool } from "../test-tool.ts";

const requirements = join(import.meta.dirname, "requirements.txt");
const folder = join(cache, "python", contentKey([requirements]));

/** The file that marks the environment as complete. */
const marker = join(folder, "whole");

export const pythonTools: TestTool = {
  name: "schemathesis and PyJWT",
  source: sources.pyPi,
  reason: "to test the services' APIs and tokens from outside",
  isReady: () => existsSync(marker),
};

/**
 * Installs third-party tools that test services from outside, in a Python environment of their own: schemathesis, which
 * generates requests from an OpenAPI document, and PyJWT, which verifies tokens. Installs once, into the cache.
 * @returns the folder of the programs
 */
export async function ensurePython(): Promise<string> {
  const bin = join(folder, "bin");
  if (existsSync(marker)) return bin;
  await step("Python tools for the tests", async () => {
    if (
      !(await succeeds("python3", ["-c", "import ensurepip, venv"])) &&
      debian.canInstall()
    )
      await debian.install(["python3-venv"], pythonTools.reason);
    // The programs contain the environment's path, so it is created in place; the file `whole` marks it as complete.
    await run("python3", ["-m", "venv", "--clear", folder]);
    await run(
      join(bin, "pip"),
      ["install", "--quiet", "--no-deps", "--requirement", requirements],
      { log: "python" },
    );
    writeFileSync(marker, "");
  });
  return bin;
}

/** Runs a program of the environment, or `python` with a script beside this file. */
export async function python(program: string, args: string[]): Promise<string> {
  return run(join(await ensurePython(), program), args, {
    cwd: import.meta.dirname,
  });
}
