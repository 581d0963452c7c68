import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { goTool } from "../go-programs.ts";

/** The checker of GitHub Actions workflows. Its version is in go/go.mod. */
export const actionlint = goTool(
  ["github.com/rhysd/actionlint/cmd/actionlint"],
  join(import.meta.dirname, "go"),
  "to check the workflows",
);

/** Builds actionlint, unless the cache has it; returns its path. */
export async function ensureActionlint(): Promise<string> {
  const [program = ""] = await actionlint.ensure();
  return program;
}

/**
 * Actionlint's errors, each as "file:line:column: message [rule]". It also reads the local actions that workflows use.
 * @param folder the repository, whose .github/workflows is checked
 */
export async function workflowErrors(folder: string): Promise<string[]> {
  const program = await ensureActionlint();
  const { stdout, stderr, status, error } = spawnSync(
    program,
    // shellcheck and pyflakes would run only on machines that have them.
    ["-oneline", "-no-color", "-shellcheck=", "-pyflakes="],
    { cwd: folder, encoding: "utf8" },
  );
  if (error) throw error;
  if (status !== 0 && status !== 1)
    throw new Error(`actionlint can't check ${folder}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}
