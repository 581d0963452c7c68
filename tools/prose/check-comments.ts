import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { commentsOf } from "./comments.ts";
import { checkProse } from "./rules.ts";

// Run by `npm run check`: fails if a comment breaks a rule in rules.ts. Arguments select the files whose paths begin
// with one of them; the default is all.
const beginnings = process.argv.slice(2);
const files = execFileSync(
  "git",
  [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "*.ts",
    "*.cjs",
    "*.css",
    "*.go",
    "*.sh",
    "*.yaml",
  ],
  { encoding: "utf8" },
)
  .trim()
  .split("\n")
  .filter((file) => existsSync(file) && !file.startsWith("tools/prose/"))
  .filter(
    (file) =>
      beginnings.length === 0 ||
      beginnings.some((beginning) => file.startsWith(beginning)),
  );

/** A comment with this word and a reason is excepted. */
const exception = "prose-exception:";

for (const file of files)
  for (const { text, line } of commentsOf(file, readFileSync(file, "utf8")))
    if (!text.includes(exception))
      for (const { index, found, instead } of checkProse(text)) {
        const at = line + text.slice(0, index).split("\n").length - 1;
        console.error(`${file}:${at} “${found}”: ${instead}`);
        process.exitCode = 1;
      }
