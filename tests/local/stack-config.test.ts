import assert from "node:assert/strict";
import { requireStackConfig } from "../../local/stack-config.ts";
import { UserError } from "../../local/user-error.ts";

describe("requireStackConfig", () => {
  const config = {
    "marquee:context": "marquee-local",
    "marquee:registry": "localhost:5001",
    "marquee:baseImage": "localhost:5001/node:24",
  };

  it("takes the configuration that is in the repository", () => {
    requireStackConfig(undefined, "x64");
  });

  it("names each line that is another cluster's", () => {
    assert.throws(
      () =>
        requireStackConfig(
          {
            ...config,
            "marquee:context": "cloud",
            "marquee:registry": "x.io/y",
          },
          "x64",
        ),
      (error) =>
        error instanceof UserError &&
        error.message.includes("marquee:context: marquee-local") &&
        error.message.includes("marquee:registry: localhost:5001") &&
        !error.message.includes("baseImage"),
    );
  });

  it("wants the platform said where it is not the default", () => {
    assert.throws(
      () => requireStackConfig(config, "arm64"),
      /marquee:platform: linux\/arm64/,
    );
    requireStackConfig(
      { ...config, "marquee:platform": "linux/arm64" },
      "arm64",
    );
  });
});
