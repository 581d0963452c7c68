import * as provider from "@pulumi/pulumi/provider/index.js";
import * as image from "./image.ts";

// Replaces the official Docker provider's Image where that can't be installed, with the same inputs, outputs and diffs.
// A preview builds nothing (the SDK's server doesn't support it), which is also the official provider's default.
provider.main(
  {
    version: "5.2.0",
    check: image.check,
    diff: image.diff,
    create: image.create,
    update: image.update,
  },
  process.argv.slice(2),
);
