import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import {
  removeAbandonedTestContainers,
  testLabel,
} from "../../../local/docker/test-containers.ts";
import { run, succeeds } from "../../../local/host/command.ts";
import { newName, postgresImage, prepareDocker } from "../../support/docker.ts";
import { onFreePort } from "../../support/postgres.ts";

const exists = (kind: "container" | "volume", name: string) =>
  succeeds("docker", [kind, "inspect", name]);

describe("Containers of tests", function () {
  this.timeout("10m"); // the image may have to be built
  before(prepareDocker);
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  /** Runs tests that never end. */
  async function startTests() {
    const child = spawn(
      process.execPath,
      ["node_modules/mocha/bin/mocha.js", "tests/support/local/hanging.ts"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    children.push(child);
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith("marquee-test-")) return { child, container: line };
    throw new Error("The tests ended without a server.");
  }

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    it(`are removed when ${signal} ends the tests`, async () => {
      const { child, container } = await startTests();
      assert.ok(await exists("container", container));
      child.kill(signal);
      assert.deepEqual(await once(child, "close"), [code, null]);
      assert.equal(await exists("container", container), false);
    });

  it("are removed by the next run when SIGKILL ended the tests, except those of running tests", async () => {
    const [volume, own] = [newName(), newName()];
    await run("docker", ["volume", "create", ...testLabel, volume]);
    await run("docker", [
      ...["create", "--name", own, ...testLabel],
      ...["--volume", `${volume}:/data`, postgresImage],
    ]);
    const [killed, other] = [await startTests(), await startTests()];
    killed.child.kill("SIGKILL");
    await once(killed.child, "close");
    await removeAbandonedTestContainers();
    assert.equal(await exists("container", killed.container), false);
    for (const container of [own, other.container])
      assert.ok(await exists("container", container), container);
    assert.ok(await exists("volume", volume));
    other.child.kill("SIGTERM");
    await once(other.child, "close");
    await run("docker", ["rm", own]);
    await run("docker", ["volume", "rm", volume]);
  });

  it("get another port if another program has taken the first", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port: taken } = other.address() as AddressInfo;
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port: next } = free.address() as AddressInfo;
    free.close();
    await once(free, "close");
    const names: string[] = [];
    const ports = [taken, next];
    try {
      const { container, port } = await onFreePort(
        (port) => [
          ...["--publish", `127.0.0.1:${port}:5432`],
          ...["--entrypoint", "sleep", postgresImage, "600"],
        ],
        () => ports.shift() as number,
      );
      names.push(container);
      assert.equal(port, next);
      assert.match(
        await run("docker", ["port", container]),
        new RegExp(`127\\.0\\.0\\.1:${next}$`),
      );
    } finally {
      other.close();
      for (const name of names) await run("docker", ["rm", "--force", name]);
    }
    // The container that did not start was removed as well.
    assert.equal(
      await run("docker", [
        ...["ps", "--all", "--quiet", "--filter", "status=created"],
        ...["--filter", `label=${testLabel[1]}`],
      ]),
      "",
    );
  });
});
