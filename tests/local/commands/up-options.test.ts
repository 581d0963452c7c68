import assert from "node:assert/strict";
import { parseUp } from "../../../local/commands/up-options.ts";
import { UserError } from "../../../local/user-error.ts";

describe("parseUp", () => {
  it("sets nothing without options", () => {
    assert.deepEqual(parseUp([]), { help: false, values: [] });
    assert.deepEqual(parseUp(["--help"]), { help: true, values: [] });
  });

  it("sets the key of each option, the context first", () => {
    const { values } = parseUp([
      ...["--registry", "ghcr.io/acme", "--context", "kind-kind"],
      ...["--platform=linux/arm64", "--base-image", "node:24"],
      ...["--database-image", "postgres:17"],
    ]);
    assert.deepEqual(values, [
      { path: ["marquee:context"], value: "kind-kind" },
      { path: ["marquee:registry"], value: "ghcr.io/acme" },
      { path: ["marquee:baseImage"], value: "node:24" },
      { path: ["marquee:database", "image"], value: "postgres:17" },
      { path: ["marquee:platform"], value: "linux/arm64" },
    ]);
  });

  for (const [mistake, args, words] of [
    ["an unknown option", ["--contxt", "x"], /Unknown option '--contxt'/],
    ["an argument", ["kind-kind"], /Unexpected argument 'kind-kind'/],
    ["an option without a value", ["--context"], /'--context <value>'/],
    [
      "an empty context",
      ["--context", " "],
      /value of marquee:context is empty/,
    ],
    [
      "a registry without a context",
      ["--registry", "x.io"],
      /--context is miss/,
    ],
    ["the local cluster's context", ["--context", "marquee-local"], /undo the/],
    [
      "a registry with a scheme",
      ["--context", "x", "--registry", "https://x.io"],
      /--registry is "https:\/\/x\.io": it must be a host/,
    ],
    [
      "an unknown platform",
      ["--context", "x", "--platform", "linux/arm"],
      /--platform is "linux\/arm": it must be linux\/amd64 or linux\/arm64/,
    ],
    [
      "a base image with a space",
      ["--context", "x", "--base-image", "node 24"],
      /--base-image is "node 24": it must be an image reference/,
    ],
    [
      "a database image without a name",
      ["--context", "x", "--database-image", ":17"],
      /--database-image is ":17": it must be an image reference/,
    ],
  ] as const)
    it(`rejects ${mistake}, and prints the usage`, () => {
      assert.throws(
        () => parseUp([...args]),
        (error) =>
          error instanceof UserError &&
          words.test(error.message) &&
          error.message.includes("usage: npm run up"),
      );
    });
});
