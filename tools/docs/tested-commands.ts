import { join, relative, resolve } from "node:path";
import type { Rule } from "markdownlint";
import { exceptions } from "./command-exceptions.ts";
import { isReadByTest, isRun } from "./commands-run.ts";
import {
  isConfigCommand,
  isForCluster,
  type ShellCommand,
  sessionCommands,
  shellCommands,
  triedDocuments,
  triedSection,
} from "./shell-commands.ts";

const project = join(import.meta.dirname, "../..");
const excepted = new Set(exceptions.flatMap(({ commands }) => commands));

function commandsOf(language: string, block: string): ShellCommand[] {
  if (/^(sh|bash)\b/.test(language)) return shellCommands(block);
  return /^console\b/.test(language) ? sessionCommands(block) : [];
}

/** A rule for markdownlint: a test runs each command in a block of shell code, so that documents can't rot. */
const testedCommands: Rule = {
  names: ["tested-commands"],
  description: "A test runs each shell command",
  tags: ["marquee"],
  parser: "markdownit",
  function({ name, parsers }, onError) {
    const document = relative(project, resolve(project, name));
    if (isReadByTest(document)) return;
    let heading = "";
    for (const [i, token] of parsers.markdownit.tokens.entries()) {
      const { type, info, content, map } = token;
      if (type === "heading_open")
        heading = parsers.markdownit.tokens[i + 1]?.content ?? "";
      if (type !== "fence") continue;
      const isTried =
        triedDocuments.includes(document) && heading === triedSection;
      for (const { text, line } of commandsOf(info, content)) {
        if (isTried && !isForCluster(text)) continue;
        if (isRun(text) || isConfigCommand(text) || excepted.has(text))
          continue;
        onError({
          lineNumber: (map?.[0] ?? 0) + line + 2,
          detail: `No test in tests/e2e runs \`${text}\`. Add one, or name the reason in tools/docs/command-exceptions.ts.`,
        });
      }
    }
  },
};

export default testedCommands;
