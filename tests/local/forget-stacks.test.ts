import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { forgetStacks } from "../../local/pulumi.ts";
import { useFolders } from "../folders.ts";

const stacks = ".pulumi/stacks/marquee";
/** A stack's state, with a cluster of this context. */
const deployedTo = (context: string) =>
  JSON.stringify({
    checkpoint: {
      latest: {
        resources: [
          { type: "pulumi:providers:kubernetes", inputs: { context } },
        ],
      },
    },
  });
const empty = JSON.stringify({ checkpoint: { latest: {} } });

describe("forgetStacks", () => {
  const useFolder = useFolders();

  it("forgets every stack of a local cluster that is gone", () => {
    const backend = useFolder({
      [`${stacks}/dev.json`]: deployedTo("marquee-local"),
      [`${stacks}/staging.json`]: empty,
    });
    assert.deepEqual(forgetStacks(backend), []);
    assert.deepEqual(readdirSync(backend), []);
  });

  it("keeps what is known of a stack that runs elsewhere", () => {
    const backend = useFolder({
      [`${stacks}/dev.json`]: deployedTo("marquee-local"),
      [`${stacks}/dev.json.bak`]: empty,
      [`${stacks}/prod.json`]: deployedTo("cloud"),
      [`${stacks}/prod.json.bak`]: empty,
    });
    assert.deepEqual(forgetStacks(backend), ["prod"]);
    assert.deepEqual(readdirSync(join(backend, stacks)).sort(), [
      "prod.json",
      "prod.json.bak",
    ]);
  });

  it("makes the folder where there is none", () => {
    const backend = join(useFolder(), "new");
    assert.deepEqual(forgetStacks(backend), []);
    assert.ok(existsSync(backend));
  });
});
