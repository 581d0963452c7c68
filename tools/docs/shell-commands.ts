/** A shell command of a fenced block. */
export interface ShellCommand {
  text: string;
  /** The line in the block, from 0. */
  line: number;
}

/** The commands of a fenced block, one by one, without comments. */
export function shellCommands(block: string): ShellCommand[] {
  return block.split("\n").flatMap((text, line) =>
    withoutComment(text)
      .split(" && ")
      .map((part) => ({ text: normalize(part), line }))
      .filter(({ text }) => text !== ""),
  );
}

const withoutComment = (line: string) => line.replace(/(^|\s)#\s.*$/, "");

/** The commands of a block that shows a session: what follows a prompt. Other lines are output. */
export const sessionCommands = (block: string): ShellCommand[] =>
  shellCommands(
    block
      .split("\n")
      .map((line) => /^[$>] (.*)$/.exec(line)?.[1] ?? "")
      .join("\n"),
  );

/** Whether tests/docs/config-commands.test.ts passes the value of a command to config/. */
export const isConfigCommand = (command: string) =>
  /^pulumi config (set|rm) /.test(command);

/** The documents with a section that tests/docs/try-it.integration.test.ts runs, except its commands for a cluster. */
export const triedDocuments = ["auth", "payment", "streaming"].map(
  (service) => `services/${service}/README.md`,
);
export const triedSection = "Try it";
export const isForCluster = (command: string) => /\bkubectl /.test(command);

/** A command with single spaces. `npm run -s` is `npm run` with less output. */
export const normalize = (command: string): string =>
  command
    .trim()
    .replace(/\s+/g, " ")
    .replace(/\bnpm run -s /, "npm run ");
