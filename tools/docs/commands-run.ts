import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { normalize } from "./shell-commands.ts";

const project = join(import.meta.dirname, "../..");
const folders = ["tests/e2e", "tests/support/e2e"];

/** The gate, which CI runs in a new clone. */
const gate = readFileSync(join(project, ".ci/run"), "utf8");

const sources = folders.flatMap((folder) =>
  readdirSync(join(project, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(project, folder, file), "utf8")),
);

/** The first argument of calls that run a command line: a string or a template. */
const calls =
  /\b(?:ok|sh|begin|json|colleague)\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/gs;

/** The command lines of the end-to-end tests and of the gate, with ‹value› for each value that a test inserts. */
const commandsRun: string[] = [
  ...sources.flatMap((source) =>
    [...source.matchAll(calls)].flatMap(([, , text = ""]) =>
      text.replaceAll(/\$\{[^}]*\}/g, "‹value›").split(/ && |;|\|\|/),
    ),
  ),
  ...gate.split(/\n| \|\| | 2>&1 /),
]
  .map((text) => normalize(text.replaceAll(/\\(["'`$])/g, "$1")))
  .filter((text) => !/^\S*‹value›/.test(text)); // a value in place of the program matches every command

/** Whether a test runs a command: as it is, with further options after it, or with other values in its place. */
export const isRun = (command: string): boolean =>
  commandsRun.some(
    (run) =>
      run === command ||
      run.startsWith(`${command} -`) ||
      patternOf(run).test(command),
  );

/** Matches a command line whose inserted values are any words. */
function patternOf(run: string): RegExp {
  const parts = run
    .split("‹value›")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^ ]+")}$`);
}

/** Whether an end-to-end test reads its commands out of a document: it contains the path, also as parts for `join`. */
export const isReadByTest = (document: string): boolean =>
  [document, document.replaceAll("/", '", "')].some((path) =>
    sources.some((source) => source.includes(`${path}"`)),
  );
