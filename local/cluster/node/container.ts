import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../host/command.ts";
import { UserError } from "../../user-error.ts";
import { host, network, nodePorts } from "../addresses.ts";
import { nodeConfiguration, ownerLabels } from "../ownership.ts";
import { portTaken } from "../ports.ts";
import { configuration, dataFolder } from "./configuration.ts";
import { nodeImage } from "./image.ts";

/** The name of the node's container and of its volume. */
export const container = network.name;

export const createVolume = () =>
  run("docker", ["volume", "create", ...ownerLabels(), container]);

export const createNetwork = () =>
  run("docker", [
    ...["network", "create", ...ownerLabels()],
    ...["--subnet", network.subnet, network.name],
  ]).catch((error: Error) => {
    if (!error.message.includes("overlaps")) throw error;
    throw new UserError(
      `The local cluster needs the subnet ${network.subnet}, and another Docker network uses it (\`docker network ls\`). ` +
        "Remove that network, or set MARQUEE_LOCAL=2 to use another subnet.",
    );
  });

/** Reconnects a stopped container whose network was removed and created again. */
export const connectNetwork = () =>
  run("docker", [
    ...["network", "connect", "--ip", network.node],
    ...[network.name, container],
  ]);

/** @param options.overwrite false keeps the files that the container was created with */
export async function writeConfiguration(options: {
  overwrite: boolean;
}): Promise<void> {
  mkdirSync(nodeConfiguration, { recursive: true });
  const files = configuration(await cgroupVersion());
  for (const [file, content] of Object.entries(files)) {
    const path = join(nodeConfiguration, file);
    if (options.overwrite || !existsSync(path)) writeFileSync(path, content);
  }
}

export const cgroupVersion = async (): Promise<1 | 2> =>
  (await run("docker", ["info", "--format", "{{.CgroupVersion}}"])) === "2"
    ? 2
    : 1;

export async function createContainer(): Promise<void> {
  await run("docker", [
    "create",
    ...["--name", container, ...ownerLabels()],
    ...["--hostname", "node"],
    ...["--network", network.name, "--ip", network.node],
    // Like --privileged without CAP_SYS_RESOURCE: on machines that lack this capability, --privileged fails.
    ...["--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"],
    ...["seccomp", "apparmor", "systempaths"].flatMap((option) => [
      "--security-opt",
      `${option}=unconfined`,
    ]),
    // With SELinux labels, the node couldn't read its mounted configuration.
    ...["--security-opt", "label=disable"],
    ...["--device", "/dev/kmsg", "--device-cgroup-rule", "a *:* rwm"],
    ...((await cgroupVersion()) === 1
      ? ["--volume", "/sys/fs/cgroup:/sys/fs/cgroup"]
      : ["--cgroupns", "private"]),
    ...["--tmpfs", "/run:exec", "--tmpfs", "/tmp"],
    ...["--volume", `${nodeConfiguration}:/node/conf:ro`],
    // A volume, because containerd can't create its overlays on the container's own overlay.
    ...["--volume", `${container}:${dataFolder}`],
    ...["5001:5001", "6443:6443", `${nodePorts}:${nodePorts}`].flatMap(
      (port) => ["--publish", `${host}:${port}`],
    ),
    nodeImage,
  ]);
}

/** @param how "restart" kills the node: an API server with open watches would take a minute to exit */
export const startContainer = (how: "start" | "restart" = "start") =>
  run("docker", [
    ...(how === "restart" ? ["restart", "-t", "0"] : ["start"]),
    container,
  ]).catch((error: Error) => {
    const taken = error.message.match(
      /Bind for (\S+) failed|(\S+): bind: address already in use/,
    );
    if (!taken) throw error;
    throw portTaken(`${taken[1] ?? taken[2]}`);
  });
