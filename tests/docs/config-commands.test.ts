import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import { parseSettings } from "../../config/settings.ts";
import { shellCommands } from "../../tools/docs/shell-commands.ts";
import { authority } from "../support/components/certificates.ts";
import {
  encrypted,
  names,
  required,
} from "../support/components/configurations.ts";
import { pathOf } from "../support/docs/configuration-keys.ts";
import { markdownFiles, read, shellBlocks } from "../support/docs/markdown.ts";

/** What a reader puts in the place of these texts. */
const placeholders: [text: string, value: string][] = [
  ["$(cat authority.pem)", authority],
  ["sha256:…", `sha256:${"0".repeat(64)}`],
];

describe("pulumi config set and rm in the documentation", () => {
  for (const file of markdownFiles())
    for (const block of shellBlocks(read(file))) {
      const all = shellCommands(block).map(({ text }) => text);
      const commands = all.filter((text) =>
        /^pulumi config (set|rm) /.test(text),
      );
      const isNew = all.some((text) => text.startsWith("pulumi stack init "));
      if (commands.length === 0) continue;

      it(`make a valid configuration: ${file}, ${commands[0]}`, () => {
        const stacks: Record<string, Record<string, unknown>> = {};
        for (const command of commands) {
          const { stack, path, value } = parseCommand(command);
          stacks[stack] ??= isNew ? { ...required } : configurationOf(stack);
          setIn(stacks[stack], path, value);
        }
        for (const [stack, raw] of Object.entries(stacks))
          assert.deepEqual(
            parseSettings(raw, names, encrypted).issues,
            [],
            `stack ${stack}`,
          );
      });
    }
});

/** The configuration of a stack's file, without the `marquee:` in front. */
function configurationOf(stack: string): Record<string, unknown> {
  const { config } = parseYaml(read(`Pulumi.${stack}.yaml`));
  return {
    ...required,
    ...Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key.replace("marquee:", ""),
        value,
      ]),
    ),
  };
}

/** The stack that a command changes, the path of the key, and its value, which is undefined with `rm`. */
function parseCommand(command: string) {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  );
  const at = words.indexOf("--stack");
  const [, stack = "dev"] = at < 0 ? [] : words.splice(at, 2);
  const [, , verb, key = "", ...rest] = words.filter(
    (word) => !/^--/.test(word),
  );
  const isSecret = words.includes("--secret");
  assert.ok(verb === "rm" || isSecret || rest.length === 1, command);
  const name = key.replace(/^marquee:/, "");
  const path = words.includes("--path") ? pathWithHosts(name) : [name];
  return {
    stack,
    path,
    value: verb === "rm" ? undefined : parseValue(rest[0] ?? "a secret"),
  };
}

/** Hosts in brackets contain dots. */
const pathWithHosts = (key: string) =>
  key
    .split(/\["([^"]+)"\]/)
    .flatMap((part, i) => (i % 2 === 1 ? [part] : pathOf(part)));

/** Like `pulumi config set --path`, which converts whole numbers. */
function parseValue(text: string): unknown {
  if (/^\d+$/.test(text)) return Number(text);
  return placeholders.reduce(
    (value, [placeholder, by]) => value.replace(placeholder, by),
    text,
  );
}

function setIn(
  map: Record<string, unknown>,
  [step = "", ...rest]: string[],
  value: unknown,
): void {
  if (rest.length > 0) {
    map[step] ??= /^\d+$/.test(rest[0] ?? "") ? [] : {};
    setIn(map[step] as Record<string, unknown>, rest, value);
  } else if (value === undefined) delete map[step];
  else map[step] = value;
}
