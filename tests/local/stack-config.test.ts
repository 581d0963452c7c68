import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { localContext } from "../../components/local-cluster.ts";
import {
  hasStackConfig,
  setStackConfig,
  stackContext,
} from "../../local/stack-config.ts";
import { useFolders } from "../support/folders.ts";

describe("Stack dev's configuration", () => {
  const useFolder = useFolders();
  const file = (text: string) =>
    join(useFolder({ "Pulumi.dev.yaml": text }), "Pulumi.dev.yaml");

  it("is for the local cluster in the repository, without its registry, images and platform", () => {
    assert.equal(stackContext(), localContext);
    for (const key of ["registry", "baseImage", "platform"])
      assert.ok(!hasStackConfig(`marquee:${key}`), key);
  });

  it("keeps its comments, other keys and long lines when values are set", () => {
    const long = "x".repeat(200);
    const config = file(`# Mine
config:
  marquee:context: marquee-local # here
  marquee:database:
    storage: 1Gi
  marquee:adopt: ${long}
`);
    setStackConfig(
      [
        { path: ["marquee:context"], value: "kind-kind" },
        { path: ["marquee:registry"], value: "localhost:5001" },
        { path: ["marquee:database", "image"], value: "postgres:17" },
      ],
      config,
    );
    assert.equal(
      readFileSync(config, "utf8"),
      `# Mine
config:
  marquee:context: kind-kind # here
  marquee:database:
    storage: 1Gi
    image: postgres:17
  marquee:adopt: ${long}
  marquee:registry: localhost:5001
`,
    );
    assert.equal(stackContext(config), "kind-kind");
    assert.ok(hasStackConfig("marquee:registry", config));
  });

  it("has no context where the file says none", () => {
    assert.equal(stackContext(file("config: {}\n")), undefined);
  });
});
