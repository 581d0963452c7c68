import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import { parseSettings } from "../../config/settings.ts";
import {
  isConfigCommand,
  shellCommands,
} from "../../tools/docs/shell-commands.ts";
import { authority } from "../support/components/certificates.ts";
import {
  encrypted,
  names,
  required,
} from "../support/components/configurations.ts";
import { pathOf } from "../support/docs/configuration-keys.ts";
import { markdownFiles, read, shellBlocks } from "../support/docs/markdown.ts";

/** The values that a reader has in place of these texts. */
const placeholders: [text: RegExp, value: string][] = [
  [/^\$\(cat \S+\.pem\)$/, authority],
  [/sha256:…$/, `sha256:${"0".repeat(64)}`],
];

describe("pulumi config set and rm in the documentation", () => {
  for (const file of markdownFiles()) {
    const blocks = shellBlocks(read(file)).map((block) =>
      shellCommands(block).map(({ text }) => text),
    );
    for (const block of blocks) {
      const [first] = block.filter(isConfigCommand);
      if (first === undefined) continue;

      it(`make a valid configuration: ${file}, ${first}`, () => {
        for (const [stack, raw] of Object.entries(
          configurations(block, blocks),
        ))
          assert.deepEqual(
            parseSettings(raw, names, encrypted).issues,
            [],
            `stack ${stack}`,
          );
      });
    }
  }
});

type Configuration = Record<string, unknown>;

/** The configurations, by stack, after the commands of a block. The stack is the one that the block names, or dev. */
function configurations(
  block: string[],
  document: string[][],
): Record<string, Configuration> {
  const stacks: Record<string, Configuration> = {};
  const [selected = "dev"] = namesIn(
    block,
    /^pulumi stack (?:init|select) (\S+)$/,
  );
  for (const command of block.filter(isConfigCommand)) {
    const { stack = selected, path, value } = parseCommand(command);
    stacks[stack] ??= initial(stack, block, document);
    setIn(stacks[stack], path, value);
  }
  return stacks;
}

/** A stack's configuration before a block: from its file, or from the block of the document that creates it. */
function initial(
  stack: string,
  block: string[],
  document: string[][],
): Configuration {
  const creating = document.find((block) =>
    block.includes(`pulumi stack init ${stack}`),
  );
  if (!creating) return configurationOf(`Pulumi.${stack}.yaml`);
  if (creating !== block)
    return configurations(creating, document)[stack] ?? {};
  const [example] = namesIn(creating, /^cp (docs\/examples\/\S+) \.$/);
  return example ? configurationOf(example) : { ...required };
}

const namesIn = (block: string[], pattern: RegExp) =>
  block.flatMap((command) => pattern.exec(command)?.[1] ?? []);

/** The configuration of a stack's file, without the `marquee:` in front. */
function configurationOf(file: string): Configuration {
  const { config } = parseYaml(read(file));
  return {
    ...required,
    ...Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key.replace("marquee:", ""),
        value instanceof Object ? value : String(value), // as Pulumi passes it
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
  const [, stack] = at < 0 ? [] : words.splice(at, 2);
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
    value: verb === "rm" ? undefined : parseValue(rest[0] ?? "a secret", path),
  };
}

/** Hosts in brackets contain dots. */
const pathWithHosts = (key: string) =>
  key
    .split(/\["([^"]+)"\]/)
    .flatMap((part, i) => (i % 2 === 1 ? [part] : pathOf(part)));

/** Like `pulumi config set --path`, which converts whole numbers in maps. */
function parseValue(text: string, path: string[]): unknown {
  if (/^\d+$/.test(text) && path.length > 1) return Number(text);
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
