import assert from "node:assert/strict";
import {
  ensureBaseImage,
  localBase,
} from "../../../local/images/service-base/image.ts";
import { useContainers } from "../../support/components/containers.ts";

describe("Local base image of the services", function () {
  this.timeout("10m"); // the image may have to be built
  const { runToEnd } = useContainers();
  before(ensureBaseImage);

  const evaluate = async (expression: string) => {
    const { stdout, stderr } = await runToEnd([localBase, "-p", expression]);
    assert.equal(stderr, "");
    return stdout.trimEnd();
  };

  it("runs this version of Node.js as user 65532, in its home", async () => {
    assert.equal(
      await evaluate(
        "[process.version, process.getuid(), process.getgid(), process.cwd()].join()",
      ),
      `${process.version},65532,65532,/home/nonroot`,
    );
  });

  it("has certificate authorities where SSL_CERT_FILE names them", async () => {
    const certificates = await evaluate(
      "require('fs').readFileSync(process.env.SSL_CERT_FILE, 'utf8').match(/BEGIN CERTIFICATE/g).length",
    );
    assert.ok(Number(certificates) > 100, certificates);
  });

  it("has a writable /tmp, and neither a shell nor a package manager", async () => {
    assert.equal(
      await evaluate(
        "const fs = require('fs'); fs.writeFileSync('/tmp/x', ''); ['/bin/sh', '/usr/bin/dpkg', '/usr/bin/apt'].filter((path) => fs.existsSync(path)).length",
      ),
      "0",
    );
  });
});
