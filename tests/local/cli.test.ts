import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { delimiter, join } from "node:path";
import { project } from "../../local/environment.ts";
import { useFolders } from "../support/folders.ts";

describe("local/cli.ts", () => {
  const useFolder = useFolders();

  it("runs Docker without DOCKER_DEFAULT_PLATFORM", () => {
    const folder = useFolder({
      "marquee/marquee/kubeconfig": "",
      // Answers with a platform only if the variable is unset.
      docker:
        '#!/bin/sh\n[ -z "$DOCKER_DEFAULT_PLATFORM" ] && echo linux/arm64\n',
    });
    chmodSync(join(folder, "docker"), 0o755);
    const output = execFileSync(process.execPath, ["local/cli.ts", "env"], {
      cwd: project,
      encoding: "utf8",
      env: {
        ...process.env,
        DOCKER_DEFAULT_PLATFORM: "amd64",
        MARQUEE_LOCAL: "0",
        PATH: `${folder}${delimiter}${process.env.PATH}`,
        XDG_STATE_HOME: folder,
      },
    });
    assert.match(output, /^export MARQUEE_PLATFORM='linux\/arm64'$/m);
  });
});
