import assert from "node:assert/strict";
import { exceptions } from "../../tools/docs/command-exceptions.ts";
import { isRun } from "../../tools/docs/commands-run.ts";
import { shellCommands } from "../../tools/docs/shell-commands.ts";
import { markdownFiles, read, shellBlocks } from "../support/docs/markdown.ts";

describe("The exceptions from tested commands", () => {
  const excepted = exceptions.flatMap(({ commands }) => commands);

  it("are all in the documentation", () => {
    const documented = markdownFiles()
      .flatMap((file) => shellBlocks(read(file)))
      .flatMap(shellCommands)
      .map(({ text }) => text);
    assert.deepEqual(
      excepted.filter((command) => !documented.includes(command)),
      [],
    );
  });

  it("are not run by an end-to-end test", () => {
    assert.deepEqual(excepted.filter(isRun), []);
  });
});

describe("isRun", () => {
  for (const [command, expected] of [
    ["npm ci", true],
    ["npm run up", true],
    ["pulumi up", true],
    ['eval "$(npm run env)"', true],
    ["pulumi config set --path 'marquee:services.auth.replicas' 5", true],
    ["pulumi", false],
    ["pulumi destroy --remove", false],
    ["rm -rf /", false],
    ["constructor", false],
  ] as const)
    it(`${expected ? "finds" : "does not find"} \`${command}\` in the tests`, () => {
      assert.equal(isRun(command), expected);
    });
});

describe("shellCommands", () => {
  it("splits lines at &&, and leaves out comments and empty lines", () => {
    assert.deepEqual(
      shellCommands("# first\nnpm ci && npm run -s up   # then\n\nls #x"),
      [
        { text: "npm ci", line: 1 },
        { text: "npm run up", line: 1 },
        { text: "ls #x", line: 3 },
      ],
    );
  });
});
