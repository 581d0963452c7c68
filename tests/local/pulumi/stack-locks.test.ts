import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { orphanedPlugins } from "../../../local/pulumi/plugins.ts";
import { removeStaleLocks } from "../../../local/pulumi/stack-locks.ts";
import { useFolders } from "../../support/folders.ts";

const locks = ".pulumi/locks/organization/marquee/dev";
const pulumi = { pid: 501, parent: 1, command: "/opt/pulumi up --stack dev" };

describe("removeStaleLocks", () => {
  const useFolder = useFolders();
  const lock = (pid: number, hostname: string) =>
    JSON.stringify({ pid, username: "ada", hostname });
  /** Removes stale locks from a backend with these files; returns the remaining ones. */
  function removeFrom(files: Record<string, string>, running = [pulumi]) {
    const backend = useFolder(
      Object.fromEntries(
        Object.entries(files).map(([name, text]) => [`${locks}/${name}`, text]),
      ),
    );
    const removed = removeStaleLocks(backend, {
      hostname: "mac",
      processes: running,
    });
    return { removed, left: readdirSync(join(backend, locks)).sort() };
  }

  it("removes the lock of a pulumi that was killed, with its attributes", () => {
    const files = { "a.json": lock(500, "mac"), "a.json.attrs": "{}" };
    assert.deepEqual(removeFrom(files), { removed: true, left: [] });
  });

  it("removes the lock of a pulumi whose process id another program has", () => {
    const editor = { ...pulumi, command: "vi" };
    assert.deepEqual(removeFrom({ "a.json": lock(501, "mac") }, [editor]), {
      removed: true,
      left: [],
    });
  });

  it("keeps the lock of a pulumi that runs", () => {
    assert.deepEqual(removeFrom({ "a.json": lock(501, "mac") }), {
      removed: false,
      left: ["a.json"],
    });
  });

  it("keeps the lock of a pulumi on another machine", () => {
    assert.deepEqual(removeFrom({ "a.json": lock(500, "server") }), {
      removed: false,
      left: ["a.json"],
    });
  });

  it("finds nothing to remove in a backend without locks", () => {
    assert.equal(removeStaleLocks(useFolder()), false);
  });
});

describe("orphanedPlugins", () => {
  const cache = "/Users/ada/.cache/marquee";
  const plugin = (pid: number, parent: number, program: string) => ({
    pid,
    parent,
    command: `${cache}/${program} 127.0.0.1:50123`,
  });
  const kubernetes =
    "pulumi-home/plugins/resource-kubernetes-v4.25.0/pulumi-resource-kubernetes";

  it("returns the cache's plugins whose pulumi doesn't run", () => {
    const docker = {
      ...plugin(503, 1, ""),
      command: `node ${cache}/pulumi-home/plugins/resource-docker-v5.2.0/plugin.cjs`,
    };
    assert.deepEqual(
      orphanedPlugins([pulumi, plugin(502, 1, kubernetes), docker], cache),
      [502, 503],
    );
  });

  it("omits plugins of a running pulumi, other programs and plugins elsewhere", () => {
    const others = [
      plugin(502, pulumi.pid, kubernetes),
      plugin(503, 1, "toolchain/1/bin/kube"),
      { ...plugin(504, 1, ""), command: "/opt/pulumi-resource-kubernetes" },
    ];
    assert.deepEqual(orphanedPlugins([pulumi, ...others], cache), []);
  });
});
