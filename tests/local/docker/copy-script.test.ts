import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { copyScript } from "../../../local/docker/build.ts";
import { useFolders } from "../../support/folders.ts";

describe("copyScript", () => {
  const useFolder = useFolders();

  for (const [lineEnds, text] of [
    ["LF", "#!/bin/sh\necho one\n"],
    ["CRLF", "#!/bin/sh\r\necho one\r\n"],
  ] as const)
    it(`copies a script with ${lineEnds} line endings as an executable with LF`, () => {
      const folder = useFolder({ "from.sh": text });
      const to = join(folder, "to.sh");
      copyScript(join(folder, "from.sh"), to);
      assert.equal(readFileSync(to, "utf8"), "#!/bin/sh\necho one\n");
      assert.equal(statSync(to).mode & 0o777, 0o755);
    });
});
