import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  deployedContext,
  forgetStacks,
  setStacksAside,
} from "../../../local/pulumi/stacks.ts";
import { useFolders } from "../../support/folders.ts";

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
const local = deployedTo("marquee-local");

describe("deployedContext", () => {
  const useFolder = useFolders();

  it("returns the context that the stack's resources are deployed to", () => {
    const backend = useFolder({
      [`${stacks}/dev.json`]: deployedTo("kind-kind"),
      [`${stacks}/dev.json.bak`]: local,
      [`${stacks}/staging.json`]: local,
    });
    assert.equal(deployedContext("dev", backend), "kind-kind");
  });

  it("returns undefined for a stack without resources, and for one that does not exist", () => {
    const backend = useFolder({ [`${stacks}/dev.json`]: empty });
    assert.equal(deployedContext("dev", backend), undefined);
    assert.equal(deployedContext("staging", backend), undefined);
    assert.equal(deployedContext("dev", join(backend, "none")), undefined);
  });
});

describe("forgetStacks", () => {
  const useFolder = useFolders();

  it("forgets every stack of the local cluster", () => {
    const backend = useFolder({
      [`${stacks}/dev.json`]: local,
      [`${stacks}/staging.json`]: empty,
    });
    assert.deepEqual(forgetStacks(backend), []);
    assert.deepEqual(readdirSync(backend), []);
  });

  it("keeps the state of a stack that runs elsewhere, and its backup", () => {
    const backend = useFolder({
      [`${stacks}/dev.json`]: local,
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

  it("creates the folder if it is missing", () => {
    const backend = join(useFolder(), "new");
    assert.deepEqual(forgetStacks(backend), []);
    assert.ok(existsSync(backend));
  });
});

describe("setStacksAside", () => {
  const useFolder = useFolders();
  const now = new Date("2026-11-27T22:05:09.123Z");
  const aside = "pulumi.before-2026-11-27T22-05-09";
  const useBackend = (files: Record<string, string>) =>
    join(
      useFolder(
        Object.fromEntries(
          Object.entries(files).map(([file, content]) => [
            `pulumi/${file}`,
            content,
          ]),
        ),
      ),
      "pulumi",
    );

  it("moves a deployed stack's state beside the backend, as a backend of its own", () => {
    const backend = useBackend({
      ".pulumi/meta.yaml": "version: 1\n",
      [`${stacks}/dev.json`]: local,
      [`${stacks}/dev.json.bak`]: empty,
    });
    const folder = setStacksAside(backend, now);
    assert.equal(folder, join(dirname(backend), aside));
    assert.equal(
      readFileSync(join(folder, ".pulumi/meta.yaml"), "utf8"),
      "version: 1\n",
    );
    assert.equal(readFileSync(join(folder, stacks, "dev.json"), "utf8"), local);
    assert.equal(
      readFileSync(join(folder, stacks, "dev.json.bak"), "utf8"),
      empty,
    );
    assert.deepEqual(readdirSync(backend), []);
  });

  it("leaves a stack that runs elsewhere in place", () => {
    const prod = deployedTo("cloud");
    const backend = useBackend({
      [`${stacks}/dev.json`]: local,
      [`${stacks}/prod.json`]: prod,
      [`${stacks}/prod.json.bak`]: prod,
    });
    const folder = setStacksAside(backend, now) as string;
    assert.deepEqual(readdirSync(join(folder, stacks)), ["dev.json"]);
    assert.deepEqual(readdirSync(join(backend, stacks)).sort(), [
      "prod.json",
      "prod.json.bak",
    ]);
  });

  it("removes stacks without resources", () => {
    const backend = useBackend({ [`${stacks}/dev.json`]: empty });
    assert.equal(setStacksAside(backend, now), undefined);
    assert.deepEqual(readdirSync(dirname(backend)), ["pulumi"]);
    assert.deepEqual(readdirSync(backend), []);
  });

  it("does nothing on a machine without stacks", () => {
    const backend = join(useFolder(), "pulumi");
    assert.equal(setStacksAside(backend, now), undefined);
    assert.deepEqual(readdirSync(dirname(backend)), ["pulumi"]);
  });
});
