import type { Rule } from "markdownlint";
import { exceptions } from "./command-exceptions.ts";
import { isReadByTest, isRun } from "./commands-run.ts";
import {
  type ShellCommand,
  sessionCommands,
  shellCommands,
} from "./shell-commands.ts";

const excepted = new Set(exceptions.flatMap(({ commands }) => commands));

/** tests/docs/config-commands.test.ts passes the values of these commands to config/. */
const isConfigCommand = (command: string) =>
  /^pulumi config (set|rm) /.test(command);

function commandsOf(language: string, block: string): ShellCommand[] {
  if (/^(sh|bash)\b/.test(language)) return shellCommands(block);
  return /^console\b/.test(language) ? sessionCommands(block) : [];
}

/** A rule for markdownlint: a test runs each command in a block of shell code, so that documents can't rot. */
export const testedCommands: Rule = {
  names: ["tested-commands"],
  description: "A test runs each shell command",
  tags: ["marquee"],
  parser: "markdownit",
  function({ name, parsers }, onError) {
    if (isReadByTest(name)) return;
    for (const { type, info, content, map } of parsers.markdownit.tokens)
      if (type === "fence")
        for (const { text, line } of commandsOf(info, content))
          if (!isRun(text) && !isConfigCommand(text) && !excepted.has(text))
            onError({
              lineNumber: (map?.[0] ?? 0) + line + 2,
              detail: `No test in tests/e2e runs \`${text}\`. Add one, or name the reason in tools/docs/command-exceptions.ts.`,
            });
  },
};

export default testedCommands;
