import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import {
  describeUsers,
  parseUsage,
  removeDockerCaches,
} from "../../local/caches.ts";
import { ensureDockerEngine } from "../../local/docker/daemon.ts";
import { imageExists } from "../../local/docker/images.ts";
import { testLabel } from "../../local/docker/test-containers.ts";
import { project } from "../../local/environment.ts";
import { run } from "../../local/host/command.ts";
import { identityOf } from "../../local/host/processes.ts";
import { newName } from "../support/docker.ts";
import { useFolders, write } from "../support/folders.ts";

describe("describeUsers", () => {
  const cluster = {
    name: "marquee-2",
    image: "marquee/kubernetes:1",
    state: "/home/ada/.local/state/marquee/marquee-2",
    user: "ada",
  };

  it("names a cluster once, although it has a container and a volume", () => {
    const users = [
      { ...cluster, kind: "container" as const },
      { ...cluster, kind: "volume" as const, image: "" },
    ];
    assert.deepEqual(describeUsers(users, [], "marquee"), [
      "the cluster marquee-2 of ada, whose state folder is /home/ada/.local/state/marquee/marquee-2",
    ]);
  });

  it("names containers of cached images, and processes that hold a lock", () => {
    const builder = {
      kind: "container" as const,
      name: "marquee-builder-1",
      image: "marquee/builder:1",
    };
    const up = { pid: 501, parent: 1, command: "node local/cli.ts up" };
    assert.deepEqual(describeUsers([builder], [up], "marquee"), [
      "the container marquee-builder-1 of the image marquee/builder:1",
      "the process 501: node local/cli.ts up",
    ]);
  });

  it("omits this environment's cluster and other programs' containers", () => {
    assert.deepEqual(
      describeUsers(
        [
          { ...cluster, kind: "container" },
          { kind: "container", name: "films", image: "nginx:1", state: "" },
        ],
        [],
        "marquee-2",
      ),
      [],
    );
  });
});

describe("parseUsage", () => {
  it("adds up images and volumes in all units", () => {
    assert.equal(
      parseUsage(
        "Images\t1.5GB\nContainers\t3GB\nLocal Volumes\t12.5kB\nBuild Cache\t9GB",
      ),
      1_500_012_500,
    );
    assert.equal(parseUsage("Images\t0B\nLocal Volumes\t7MB"), 7_000_000);
  });
});

describe("removeDockerCaches", () => {
  const volumeLabel = newName();
  const repository = newName();
  before(ensureDockerEngine);

  it("removes images by name and volumes by label from a real engine, and can be repeated", async () => {
    const [image, volume, other] = [
      `${repository}/node:1`,
      newName(),
      newName(),
    ];
    await run("docker", ["import", "-", image], { input: "\0".repeat(1024) });
    const create = ["volume", "create", ...testLabel];
    await run("docker", [...create, "--label", volumeLabel, volume]);
    await run("docker", [...create, other]);
    const caches = { images: `${repository}/*`, volumeLabel };
    await removeDockerCaches(caches);
    assert.equal(await imageExists(image), false);
    assert.deepEqual(
      await run("docker", [
        ...["volume", "ls", "--quiet", "--filter", `label=${testLabel[1]}`],
      ]),
      other,
    );
    await removeDockerCaches(caches);
    await run("docker", ["volume", "rm", other]);
  });
});

describe("npm run down -- --caches", () => {
  const useFolder = useFolders();
  const ownVariables = ["MARQUEE_LOCAL", "XDG_CACHE_HOME", "XDG_STATE_HOME"];

  /** Runs `down` with its own folders, and with a stub of Docker that has these files. */
  async function down(
    args: string[],
    { docker = {}, cached = {} }: Record<string, Record<string, string>>,
  ) {
    const home = useFolder();
    const [bin, cache] = [join(home, "bin"), join(home, ".cache/marquee")];
    mkdirSync(cache, { recursive: true });
    write(bin, docker);
    write(cache, cached);
    copyFileSync(
      join(project, "tests/support/local/docker-stub.sh"),
      join(bin, "docker"),
    );
    chmodSync(join(bin, "docker"), 0o755);
    const env = Object.entries(process.env).filter(
      ([variable]) => !ownVariables.includes(variable),
    );
    const child = spawn(process.execPath, ["local/cli.ts", "down", ...args], {
      cwd: project,
      env: {
        ...Object.fromEntries(env),
        HOME: home,
        PATH: `${bin}${delimiter}${process.env.PATH}`,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    const commands = join(bin, "commands");
    return {
      output: stdout + stderr,
      code,
      cache,
      commands: existsSync(commands) ? readFileSync(commands, "utf8") : "",
    };
  }

  const image = "marquee/node 24 sha256:1\nmarquee/debian bookworm <none>\n";
  const docker = { images: image, "cache-volumes": "marquee-go\n" };
  const cached = { "toolchain/bin/kube": "x".repeat(2_000_000) };

  it("removes the cache folder, images and volumes, and reports the freed space", async () => {
    const result = await down(["--caches"], { docker, cached });
    assert.equal(result.code, 0, result.output);
    assert.equal(
      result.commands,
      "image rm marquee/node:24 marquee/debian:bookworm\nvolume rm marquee-go\n",
    );
    assert.equal(existsSync(result.cache), false);
    assert.match(
      result.output,
      /marquee and its caches are gone\. That freed 7\.00 GB: 0\.00 GB in .+\/marquee and 7\.00 GB in Docker\./,
    );
  });

  it("removes nothing while another environment has a cluster", async () => {
    const container =
      "container\tmarquee-2\tmarquee/kubernetes:1\t/home/ada/marquee-2\tada\n";
    const result = await down(["--caches"], {
      docker: { ...docker, containers: container },
      cached,
    });
    assert.equal(result.code, 1, result.output);
    assert.match(
      result.output,
      /caches are in use, so nothing was removed:\n {2}- the cluster marquee-2 of ada, whose state folder is \/home\/ada\/marquee-2\n/,
    );
    assert.equal(result.commands, "");
    assert.ok(existsSync(join(result.cache, "toolchain/bin/kube")));
  });

  it("removes nothing while a process holds a lock", async () => {
    const result = await down(["--caches"], {
      docker,
      cached: {
        ...cached,
        "postgres-image.lock": `${identityOf(process.pid)}`,
      },
    });
    assert.equal(result.code, 1, result.output);
    assert.ok(result.output.includes(`- the process ${process.pid}: `));
    assert.equal(result.commands, "");
    assert.ok(existsSync(join(result.cache, "toolchain/bin/kube")));
  });

  it("does not wait for the lock of a process that was killed", async () => {
    const result = await down(["--caches"], {
      docker,
      cached: { ...cached, lock: "1-0" },
    });
    assert.equal(result.code, 0, result.output);
    assert.equal(existsSync(result.cache), false);
  });

  it("keeps caches without the option", async () => {
    const result = await down([], { docker, cached });
    assert.equal(result.code, 0, result.output);
    assert.equal(result.commands, "");
    assert.ok(existsSync(join(result.cache, "toolchain/bin/kube")));
    assert.match(result.output, /`npm run down -- --caches` also removes them/);
  });

  it("does nothing for an unknown option or --help", async () => {
    for (const [option, code] of [
      ["--cache", 1],
      ["--help", 0],
    ] as const) {
      const result = await down([option], { docker, cached });
      assert.equal(result.code, code, result.output);
      assert.match(result.output, /usage: npm run down \[-- --caches\]/);
      assert.equal(result.commands, "");
      assert.ok(existsSync(join(result.cache, "toolchain/bin/kube")));
    }
  });
});
