import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { kernelSettings } from "../support/e2e/machine.ts";

/** The test in the guest. It runs as root, and the project's commands as the user. */
const [user, home] = process.argv.slice(2) as [string, string];
const clone = join(home, "clone");
const site = "http://127.0.0.1:30003/";

const say = (line: string) =>
  console.log(`[${Math.round(process.uptime())} s] ${line}`);

const sh = (command: string) =>
  execFileSync("sh", ["-c", command], { encoding: "utf8" }).trim();

/** Arguments of `runuser` for a command in the clone. */
const asUser = (command: string) =>
  ["-l", user, "-c", `cd ${clone} && ${command}`] as const;

const asUserCommand = (command: string) =>
  `runuser ${asUser(command)
    .map((argument) => `'${argument.replaceAll("'", "'\\''")}'`)
    .join(" ")}`;

/**
 * Runs `npm run up`, again if pods miss the progress deadline: an emulated machine is many times slower than a real
 * one.
 */
function up(attempts: number): void {
  try {
    local("up");
  } catch (error) {
    if (attempts === 1) throw error;
    say("up failed; once more, with what is there now");
    up(attempts - 1);
  }
}

/** Runs a command of the project, and prints its output. */
const local = (command: "up" | "down") =>
  execFileSync("runuser", asUser(`node local/cli.ts ${command} 2>&1`), {
    stdio: ["ignore", "inherit", "inherit"],
  });

const kubectl = (args: string) =>
  execFileSync(
    "runuser",
    asUser(
      `KUBECONFIG=~/.local/state/marquee/marquee/kubeconfig kubectl ${args} 2>&1`,
    ),
    { encoding: "utf8" },
  ).trim();

/** The control groups of containers and pods: systemd makes and removes others at any time. */
const cgroups = () =>
  readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" })
    .filter((path) => !/\.(service|mount|swap)(\/|$)|^user\.slice/.test(path))
    .filter((path) =>
      // systemd may have removed it meanwhile.
      statSync(join("/sys/fs/cgroup", path), {
        throwIfNoEntry: false,
      })?.isDirectory(),
    );

/** What a local cluster must leave as it found it. */
const state = () => ({
  settings: kernelSettings(),
  mounts: readFileSync("/proc/mounts", "utf8").split("\n").sort(),
  rules: sh("iptables-save | grep -v '^#' | sed 's/ \\[.*//'").split("\n"),
  cgroups: cgroups().sort(),
});

const modules = () => sh("lsmod | awk 'NR > 1 { print $1 }'").split("\n");

/** Waits for a condition for 20 minutes: the guest is emulated. */
async function until(condition: () => unknown): Promise<void> {
  const deadline = performance.now() + 1_200_000;
  for (;;) {
    try {
      await condition();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(2_000);
    }
  }
}

const servicePods =
  "pods --namespace marquee-dev --selector 'app in (auth-service, payment-service, streaming-service)'";

/** @param restarts how often the node was restarted: before it starts a pod again, the pod still shows as ready */
async function expectReady(restarts: number): Promise<void> {
  await until(() => {
    const counts = kubectl(
      `get ${servicePods} --output jsonpath='{.items[*].status.containerStatuses[0].restartCount}'`,
    );
    assert.match(counts, /^\d+( \d+)*$/);
    assert.ok(counts.split(" ").every((count) => Number(count) >= restarts));
    kubectl(`wait ${servicePods} --for condition=Ready --timeout 10s`);
  });
  await until(async () => assert.equal((await fetch(site)).status, 200));
  say(`pods are ready, and ${site} answers:`);
  console.log(kubectl("get pods --all-namespaces"));
}

async function test(): Promise<void> {
  sh(`chown -R ${user}: ${home}`);
  sh(
    "fallocate -l 1G /swap && chmod 600 /swap && mkswap /swap && swapon /swap",
  );
  const engine = sh(
    "docker info --format 'Docker {{.ServerVersion}}, cgroup v{{.CgroupVersion}}, {{.SecurityOptions}}'",
  );
  const swap = sh("swapon --show=NAME,SIZE --noheadings");
  say(`Linux ${sh("uname -r")}; ${engine}; swap: ${swap || "none"}`);
  assert.match(engine, /cgroup v2,.*apparmor/);
  assert.notEqual(swap, "");
  say(sh(`docker load --quiet --input ${home}/images.tar`));
  const before = state();
  const loaded = modules();

  up(3);
  await expectReady(0);
  sh("docker restart -t 0 marquee");
  say("the node was restarted");
  await expectReady(1);
  assert.ok(!modules().includes("br_netfilter"));
  local("down");

  const added = modules().filter((name) => !loaded.includes(name));
  say(`kernel modules that stay loaded: ${added.sort().join(" ") || "none"}`);
  assert.deepEqual(state(), before);
  say("kernel settings, mounts, iptables rules and cgroups are as before");
}

try {
  await test();
  console.log("GUEST PASSED");
} catch (error) {
  console.log((error as Error).stack);
  console.log(
    sh(
      `${asUserCommand("KUBECONFIG=~/.local/state/marquee/marquee/kubeconfig kubectl get pods --all-namespaces --output wide 2>&1")} || true`,
    ),
  );
  console.log(sh("docker logs --tail 100 marquee 2>&1 || true"));
  console.log("GUEST FAILED");
}
