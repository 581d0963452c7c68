import assert from "node:assert/strict";
import testedCommands from "../../tools/docs/tested-commands.ts";
import { linesReported } from "../support/docs/markdown-rule.ts";

describe("tested-commands, a rule for markdownlint", () => {
  it("reports the line of each command that no test runs", async () => {
    const text =
      "# Try it\n\n```sh\npulumi up\n\nkubectl delete nodes --all # all\nnpm ci && shutdown\n```\n";
    assert.deepEqual(await linesReported(testedCommands, text), [6, 7]);
  });

  it("accepts commands of the tests, values of the configuration, and exceptions", async () => {
    const text =
      "```sh\nnpm ci && npm run up   # takes a while\npulumi config set marquee:registry ghcr.io/acme\nkubectl get replicasets -o wide\n```\n";
    assert.deepEqual(await linesReported(testedCommands, text), []);
  });

  it("reports commands after a prompt, and ignores their output", async () => {
    const text =
      "```console\n$ npm ci\nadded 3 packages\n$ shutdown\ngoing down\n```\n";
    assert.deepEqual(await linesReported(testedCommands, text), [4]);
  });

  it("accepts the section Try it of a service's README, except for commands for a cluster", async () => {
    const text =
      "# auth\n\n## Try it\n\n```sh\ncurl localhost\nkubectl get nodes\n```\n\n## Routes\n\n```sh\ncurl localhost\n```\n";
    assert.deepEqual(
      await linesReported(testedCommands, text, "services/auth/README.md"),
      [7, 13],
    );
  });

  it("ignores code that is not shell", async () => {
    const text = "```text\nshutdown\n```\n\n```ts\nshutdown();\n```\n";
    assert.deepEqual(await linesReported(testedCommands, text), []);
  });
});
