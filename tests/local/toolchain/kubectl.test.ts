import assert from "node:assert/strict";
import { supportsCluster } from "../../../local/toolchain/kubectl.ts";

const version = (gitVersion: string) => `{
  "clientVersion": {
    "major": "1",
    "gitVersion": "${gitVersion}"
  },
  "kustomizeVersion": "v5.7.1"
}`;

describe("supportsCluster", () => {
  it("accepts a kubectl whose minor version differs by one at most", () => {
    for (const each of ["v1.33.9", "v1.34.0", "v1.35.2", "v1.34.4-gke.1"])
      assert.ok(supportsCluster(version(each)), each);
  });

  it("rejects an older, a newer and an unknown kubectl", () => {
    for (const each of ["v1.32.9", "v1.36.0", "v2.34.0", "none"])
      assert.ok(!supportsCluster(version(each)), each);
    assert.ok(!supportsCluster(""));
  });
});
