import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../../../components/images/bundle.ts";
import { sources } from "../../support/components/bundles.ts";
import { useFolders, write } from "../../support/folders.ts";

/** The message of the error, which Pulumi prints without a stack trace. */
async function failure(project: string, ...services: string[]) {
  let message = "";
  await assert.rejects(bundle(services, project), (error: Error) => {
    message = error.message;
    return pulumi.RunError.isInstance(error);
  });
  return message;
}

describe("bundle: invalid sources", () => {
  const folder = useFolders();

  it("names the file and line of a browser script that can't be bundled", async () => {
    const broken = {
      ...sources,
      "services/auth/browser/player.ts": "import './gone.ts';\n",
    };
    const message = await failure(folder(broken), "auth");
    assert.match(message, /services\/auth\/browser\/player\.ts:1:7/);
  });

  it("names the file and line of every error", async () => {
    const project = folder({
      ...sources,
      "services/auth/server.ts": "const = 1;\n",
      "services/payment/server.ts": "\nimport 'nowhere';\n",
    });
    const message = await failure(project, "auth", "payment");
    assert.match(
      message,
      /^The services can't be bundled, so nothing was built or changed:\n/,
    );
    assert.match(message, /services\/auth\/server\.ts:1:6:/);
    assert.match(
      message,
      /Could not resolve "nowhere"[\s\S]+services\/payment\/server\.ts:2:7:/,
    );
  });

  it("names errors in programs and in browser scripts together", async () => {
    const project = folder({
      ...sources,
      "services/auth/server.ts": "const = 1;\n",
      "services/auth/browser/player.ts": "\nimport 'nowhere';\n",
    });
    const message = await failure(project, "auth");
    assert.match(message, /services\/auth\/server\.ts:1:6:/);
    assert.match(message, /services\/auth\/browser\/player\.ts:2:7:/);
  });

  it("keeps the previous contexts unchanged, and leaves no temporary folders", async () => {
    const project = folder(sources);
    await bundle(["auth", "payment"], project);
    const before = readFileSync(join(project, "build/auth/app/server.mjs"));
    write(project, { "services/auth/server.ts": "const = 1;\n" });
    await failure(project, "auth", "payment");
    assert.deepEqual(
      readFileSync(join(project, "build/auth/app/server.mjs")),
      before,
    );
    assert.deepEqual(
      readdirSync(project).filter((name) => name.startsWith("build")),
      ["build"],
    );
  });

  it("names a service without server.ts", async () => {
    assert.match(
      await failure(folder(sources), "search"),
      /Could not resolve "services\/search\/server\.ts"/,
    );
  });

  it("says how to restore a missing Dockerfile, and touches nothing", async () => {
    const project = folder(sources);
    await bundle(["auth"], project);
    rmSync(join(project, "services/Dockerfile"));
    assert.equal(
      await failure(project, "auth"),
      "services/Dockerfile is missing, so no image can be built. `git checkout services/Dockerfile` brings it back.",
    );
    assert.ok(existsSync(join(project, "build/auth/app/server.mjs")));
  });
});
