import assert from "node:assert/strict";
import { parseDown } from "../../../local/commands/down.ts";
import { UserError } from "../../../local/user-error.ts";

describe("parseDown", () => {
  it("keeps caches unless --caches is given", () => {
    assert.deepEqual(parseDown([]), { caches: false, help: false });
    assert.deepEqual(parseDown(["--caches"]), { caches: true, help: false });
    assert.deepEqual(parseDown(["--help"]), { caches: false, help: true });
  });

  for (const args of [
    ["--cache"],
    ["--caches=all"],
    ["caches"],
    ["--caches", "x"],
  ])
    it(`rejects "${args.join(" ")}" and prints the usage`, () => {
      assert.throws(
        () => parseDown(args),
        (error) =>
          error instanceof UserError &&
          error.message.includes("usage: npm run down [-- --caches]"),
      );
    });
});
