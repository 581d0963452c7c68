import assert from "node:assert/strict";
import { parsePlatform } from "../../../local/docker/platform.ts";
import { UserError } from "../../../local/user-error.ts";

describe("parsePlatform", () => {
  it("accepts the platforms of local images", () => {
    for (const platform of ["linux/amd64", "linux/arm64"])
      assert.equal(parsePlatform(platform), platform);
  });

  it("rejects an engine with another system or processor", () => {
    for (const platform of ["windows/amd64", "linux/arm", "linux/riscv64", ""])
      assert.throws(
        () => parsePlatform(platform),
        (error) =>
          error instanceof UserError &&
          error.message.includes(`platform is ${platform}. The local`),
      );
  });
});
