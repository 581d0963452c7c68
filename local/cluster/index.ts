import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { eventually, run, state, succeeds } from "../host.ts";
import { say, step } from "../progress.ts";
import { UserError } from "../user-error.ts";
import {
  cgroup,
  context,
  host,
  network,
  nodePorts,
  registry,
} from "./addresses.ts";
import { configuration, kept } from "./config.ts";
import { nodeImage } from "./images.ts";

const container = network.name;
export const kubeconfig = join(state, "kubeconfig");

/** How long the node may take to be ready, in milliseconds: 6 s is usual on 2 idle cores. */
const patience = 120_000;

/**
 * Starts the local cluster unless it runs; one that was stopped (the machine was restarted) goes on with what it holds.
 * @param fill prepares a new cluster, as soon as its registry answers (seconds before Kubernetes does); a start that is
 *   interrupted before it is done is begun anew
 */
export async function ensureCluster(
  fill: () => Promise<void> = async () => {},
): Promise<void> {
  const status = await containerStatus();
  if (status === "running" && existsSync(kubeconfig) && (await ready()))
    return sayIfOutdated();
  await step("local cluster (registry and Kubernetes)", async () => {
    if (status !== undefined && existsSync(kubeconfig)) {
      if (status !== "running") await startContainer();
      if (await eventually(ready, patience)) return sayIfOutdated();
    }
    await removeCluster(); // what an interrupted start left
    await createCluster(fill);
  });
}

/** A cluster is never replaced unasked: it may hold something. */
async function sayIfOutdated(): Promise<void> {
  const image = await run("docker", [
    ...["inspect", "--format", "{{.Config.Image}}", container],
  ]);
  if (image !== nodeImage)
    say(
      `  the cluster that runs was made by another version (${image}); \`npm run down && npm run up\` makes it anew`,
    );
}

async function createCluster(fill: () => Promise<void>): Promise<void> {
  const version = await run("docker", [
    "info",
    "--format",
    "{{.CgroupVersion}}",
  ]);
  const cgroupVersion = version === "2" ? 2 : 1;
  const conf = join(state, "node");
  mkdirSync(conf, { recursive: true });
  for (const [file, content] of Object.entries(configuration(cgroupVersion)))
    writeFileSync(join(conf, file), content);
  await run("docker", [
    ...["network", "create", "--subnet", network.subnet, network.name],
  ]).catch((error: Error) => {
    if (!error.message.includes("overlaps")) throw error;
    throw new UserError(
      `The local cluster needs the addresses ${network.subnet}, and another Docker network has them (\`docker network ls\`). ` +
        "Remove that network, or set MARQUEE_LOCAL=2 to use others.",
    );
  });
  await run("docker", [
    "create",
    ...["--name", container],
    ...["--hostname", "node"],
    ...["--network", network.name, "--ip", network.node],
    // What --privileged gives, less one capability: some machines lack it themselves, and there --privileged fails.
    ...["--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"],
    ...["seccomp", "apparmor", "systempaths"].flatMap((option) => [
      "--security-opt",
      `${option}=unconfined`,
    ]),
    ...["--device", "/dev/kmsg", "--device-cgroup-rule", "a *:* rwm"],
    ...(cgroupVersion === 1
      ? ["--volume", "/sys/fs/cgroup:/sys/fs/cgroup"]
      : ["--cgroupns", "private"]),
    ...["--tmpfs", "/run:exec", "--tmpfs", "/tmp"],
    ...["--volume", `${conf}:/node/conf:ro`],
    // Not on the container's own overlay: containerd makes overlays of its own there.
    ...["--volume", `${container}:${kept}`],
    ...["5001:5001", "6443:6443", `${nodePorts}:${nodePorts}`].flatMap(
      (port) => ["--publish", `${host}:${port}`],
    ),
    nodeImage,
  ]);
  await startContainer();
  const [isReady] = await Promise.all([
    eventually(announcedReady, patience),
    eventually(registryAnswers, patience).then(fill),
  ]);
  if (!isReady)
    throw new UserError(
      `The local cluster did not become ready in ${patience / 1000} s. Its programs' logs: docker exec ${container} tail -n 20 ${kept}/logs/*.log`,
    );
  await writeKubeconfig();
}

const startContainer = () =>
  run("docker", ["start", container]).catch((error: Error) => {
    const taken = error.message.match(
      /Bind for (\S+) failed|(\S+): bind: address already in use/,
    );
    if (!taken) throw error;
    throw new UserError(
      `The local cluster needs ${taken[1] ?? taken[2]}, and another program listens there. ` +
        `It publishes ${host}:5001 (registry), :6443 (Kubernetes) and :${nodePorts} (node ports): end that program, ` +
        "or set MARQUEE_LOCAL=2 to use another loopback address (then also in the stack config's marquee:registry and marquee:baseImage).",
    );
  });

const registryAnswers = () =>
  fetch(`http://${registry}/v2/`).then(
    ({ ok }) => ok,
    () => false,
  );

/** The node says so itself once pods can be scheduled; if it ended instead, its last words are the reason. */
async function announcedReady(): Promise<boolean> {
  const output = await run("sh", ["-c", `docker logs ${container} 2>&1`]);
  if (/^ready$/m.test(output)) return true;
  if ((await containerStatus()) !== "running")
    throw new UserError(
      `The local cluster ended while it started:\n${output}\nIts programs' logs are in the Docker volume ${container}, under logs/.`,
    );
  return false;
}

async function writeKubeconfig(): Promise<void> {
  const admin = parse(
    await run("docker", ["exec", container, "cat", `${kept}/super-admin.conf`]),
  );
  const { cluster } = admin.clusters[0];
  writeFileSync(
    kubeconfig,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": context,
      clusters: [
        {
          name: context,
          cluster: { ...cluster, server: `https://${host}:6443` },
        },
      ],
      users: [{ name: context, user: admin.users[0].user }],
      contexts: [
        // The namespace of stack dev, so that `kubectl get pods` shows its pods.
        {
          name: context,
          context: {
            cluster: context,
            user: context,
            namespace: "marquee-dev",
          },
        },
      ],
    }),
    { mode: 0o600 },
  );
}

const ready = async () =>
  succeeds("docker", [
    "exec",
    container,
    "sh",
    "-c",
    `KUBECONFIG=${kept}/super-admin.conf kubectl get --raw /readyz`,
  ]);

/** "running", "exited" and so on as Docker has it; undefined if there is no such container. */
export const containerStatus = (): Promise<string | undefined> =>
  run("docker", ["inspect", "--format", "{{.State.Status}}", container]).catch(
    () => undefined,
  );

/** Takes the cluster away: container, volume, network, cgroups. By force: an API server with open watches takes a minute to end. */
export async function removeCluster(): Promise<void> {
  await succeeds("docker", ["rm", "--force", "--volumes", container]);
  await succeeds("docker", ["volume", "rm", container]);
  await succeeds("docker", ["network", "rm", network.name]);
  await succeeds("sh", [
    "-c",
    `find /sys/fs/cgroup/*/${cgroup} -depth -type d -exec rmdir {} + 2>/dev/null`,
  ]);
  rmSync(kubeconfig, { force: true });
  rmSync(join(state, "node"), { recursive: true, force: true });
}
