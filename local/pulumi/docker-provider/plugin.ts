import * as provider from "@pulumi/pulumi/provider/index.js";
import * as image from "./image.ts";

// A stand-in for the official Docker provider's Image, where that can't be installed: the same inputs, outputs and diffs.
// A preview builds nothing (the SDK's server declares no support for it), which is the official provider's default too.
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
