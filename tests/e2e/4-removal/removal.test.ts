import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { processes } from "../../../local/host/processes.ts";
import {
  host as address,
  container,
  ensureUp,
  ok,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import {
  kernelSettings,
  kernelSettingsBefore,
} from "../../support/e2e/machine.ts";

const host = (command: string) =>
  execFileSync("sh", ["-c", command], { encoding: "utf8" }).trim();

const orphanedPlugins = () =>
  processes().filter(
    ({ parent, command }) =>
      parent === 1 && /pulumi-(resource|language)|plugin\.cjs/.test(command),
  );

describe("Removal", function () {
  this.timeout("5m");
  before(ensureUp);

  it("deletes every object of the stack with pulumi destroy", async () => {
    await ok("pulumi destroy --yes --stack dev");
    const { code } = await sh("kubectl get namespace marquee-dev");
    assert.equal(code, 1);
  });

  it("has the tools to check for leftovers", () => {
    for (const tool of ["iptables-save", "ip", "docker"])
      assert.notEqual(host(`command -v ${tool}`), "");
  });

  it("leaves no container, volume, network, image of a service, mount, cgroup, process or network rule after npm run down", async () => {
    const volume = host(
      `docker volume inspect --format '{{.Mountpoint}}' ${container}`,
    );
    const bridge = host(
      `docker network inspect --format '{{.Id}}' ${container}`,
    ).slice(0, 12);
    await ok("npm run -s down");
    const engine = await sh("docker version");
    if (engine.code === 0) {
      assert.equal(
        host(`docker ps --all --quiet --filter name=^${container}$`),
        "",
      );
      assert.equal(
        host(`docker volume ls --quiet --filter name=^${container}$`),
        "",
      );
      assert.equal(
        host(`docker network ls --quiet --filter name=^${container}$`),
        "",
      );
      assert.equal(
        host(
          `docker image ls --quiet --filter 'reference=${address}:5001/marquee-*'`,
        ),
        "",
      );
    }
    assert.equal(host(`grep -c -e '${volume}' /proc/mounts || true`), "0");
    assert.equal(
      host(`find /sys/fs/cgroup -maxdepth 2 -name ${container} | wc -l`),
      "0",
    );
    assert.equal(host(`ip -o link | grep -c ${bridge} || true`), "0");
    assert.equal(
      host("iptables-save | grep -c -e 172.30.1. -e 127.0.0.2 || true"),
      "0",
    );
    // A plugin takes a moment to end.
    await until(async () => assert.deepEqual(orphanedPlugins(), []), 10);
    if (engine.code !== 0) {
      const programs =
        /(^|\/)(dockerd|containerd|runc|kube\w*|kube-\S+|etcd|coredns|docker-registry|docker-proxy)( |$)/;
      assert.deepEqual(
        processes().filter(({ command }) => programs.test(command)),
        [],
      );
      assert.equal(host("iptables-save | grep -c -i docker || true"), "0");
      assert.equal(host("ip -o link | grep -c docker0 || true"), "0");
    }
  });

  it("leaves the machine's kernel settings unchanged", () => {
    assert.deepEqual(kernelSettings(), kernelSettingsBefore);
  });

  it("reports that the cluster is gone when npm run down has nothing to remove", async () => {
    assert.match((await sh("npm run -s down")).output, /is gone/);
  });
});
